using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace AkkaSse.Hub.Setup;

/// <summary>The rules of options, and the sections that they were read from: each fault says where it stands.</summary>
internal sealed class OptionsRules<T>(Func<T, IEnumerable<string>> rules, IEnumerable<OptionsSection<T>> sections) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        List<string> faults = [.. sections.SelectMany(static s => s.Faults), .. rules(options).Select(Place)];
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    // A fault begins with the option's name: "StreamDefaults.MaxEvents is 0; …".
    private string Place(string fault)
    {
        var end = fault.IndexOf(' ', StringComparison.Ordinal);
        var key = end < 0 ? fault : fault[..end].Replace('.', ':');
        foreach (var section in sections)
        {
            if (section.PathOf(key) is { } path) return path + fault[Math.Max(0, end)..];
        }
        return $"{typeof(T).Name}.{fault}";
    }
}

/// <summary>Options of which the faults are told at the start, together with all others'.</summary>
internal interface IOptionsCheck
{
    /// <summary>What is wrong; empty when the options are valid.</summary>
    IEnumerable<string> Faults();
}

internal sealed class OptionsCheck<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(
    IOptions<T> options) : IOptionsCheck
    where T : class
{
    public IEnumerable<string> Faults()
    {
        try
        {
            _ = options.Value;
            return [];
        }
        catch (OptionsValidationException e)
        {
            return e.Failures;
        }
    }
}
