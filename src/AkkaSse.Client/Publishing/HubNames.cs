namespace AkkaSse.Client;

/// <summary>Every name of the hub's HTTP API that this library sends or reads.</summary>
internal static class HubNames
{
    public const string BatchPath = "v1/batch";
    public const string PublishPath = "v1/publish";
    public const string KeyHeader = "Idempotency-Key";

    /// <summary>The field in which a consumer finds the publisher's id.</summary>
    public const string PublisherIdField = "eid";

    /// <summary>How the comment line begins in which it travels.</summary>
    public const string PublisherIdComment = PublisherIdField + "=";

    /// <summary>What a broadcast's result calls its stream.</summary>
    public const string All = "$all";
}
