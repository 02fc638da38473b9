using Microsoft.Extensions.Options;

namespace AkkaSse.Hub.Setup;

/// <summary>
/// Stands for the options of the hub, its engine and whatever else was added: validated at the start as one, so that all of their faults
/// are in one exception.
/// </summary>
internal sealed class SseHubStart
{
    internal sealed class Check(IEnumerable<IOptionsCheck> all) : IValidateOptions<SseHubStart>
    {
        public ValidateOptionsResult Validate(string? name, SseHubStart options)
        {
            var faults = all.SelectMany(static c => c.Faults()).ToList();
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }
    }
}
