namespace AkkaSse.Server.Configuration;

/// <summary>
/// Everything that is wrong with the configuration, told at once: who mends one fault should not have to start again to see the next.
/// </summary>
internal sealed class ConfigurationFaultsException(IReadOnlyList<string> faults)
    : Exception("The configuration has faults: " + string.Join(" ", faults))
{
    internal IReadOnlyList<string> Faults { get; } = faults;
}
