namespace AkkaSse.Client;

/// <summary>Every name of the hub's HTTP API that this library sends or reads.</summary>
internal static class HubNames
{
    public const string BatchPath = "v1/batch";
    public const string PublishPath = "v1/publish";
    public const string KeyHeader = "Idempotency-Key";

    /// <summary>What a broadcast's result calls its stream.</summary>
    public const string All = "$all";
}
