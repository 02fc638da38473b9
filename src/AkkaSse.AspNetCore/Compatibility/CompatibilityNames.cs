namespace AkkaSse.AspNetCore;

/// <summary>
/// The texts, headers and parameters of the older hubs. Their clients and tests look for these words, so they stand here letter by letter.
/// </summary>
internal static class CompatibilityNames
{
    public const string NoStreamNamed = "Please specify a stream!";

    public const string NoSuchStream = "Stream not found!";

    public const string NoData = "no event data provided";

    /// <summary>The type of ctrlX's heartbeat.</summary>
    public const string Keepalive = "keepalive";

    /// <summary>
    /// Says on <c>/connect</c> which id the client has, percent-encoded; without it nobody could send to a client with a generated id.
    /// </summary>
    public const string ClientIdHeader = "X-Client-Id";

    public static string ClientExists(string client) => $"a client with id {client} already exists";

    public static string NoClient(string client) => $"no client with id {client} exists";
}
