namespace AkkaSse.AspNetCore;

/// <summary>
/// Which requests are served while nobody has to authenticate. A page of any site can make a browser that reaches the hub send to it: the
/// <c>Host</c> tells a name that was rebound to the hub's address (DNS rebinding), <c>Sec-Fetch-Site</c> and <c>Origin</c> tell a write
/// that a page of another origin sends. Read when the guard is added; not thread-safe.
/// </summary>
public sealed class SseHubGuardOptions
{
    /// <summary>
    /// The <c>Host</c> values that are served besides loopback ones (<c>localhost</c>, <c>*.localhost</c>, <c>127.0.0.0/8</c>,
    /// <c>[::1]</c>): names or addresses without a port, <c>*.example.com</c> for all names below one, or <c>*</c> for every name, which
    /// turns the check off. Default empty. Case does not matter. A request without a <c>Host</c>, which no browser sends, is served.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>
    /// Whether every IP address is served as <c>Host</c>. Default false. Set it for a server that listens on all addresses: an address is
    /// no name that could be rebound.
    /// </summary>
    public bool AllowAddresses { get; set; }

    /// <summary>
    /// The origins whose pages may write and subscribe besides the hub's own, which is the origin with the request's <c>Host</c>:
    /// <c>https://app.example.com</c>, as <c>Origin</c> has them, or <c>*</c> for every origin, which turns the check off. Default
    /// empty.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// Whether a write has to say its <c>Origin</c>. Default false: what says none is no page. Set it where requests are authenticated by
    /// a cookie, which a browser sends whoever has made it send the request.
    /// </summary>
    public bool DemandOrigin { get; set; }

    /// <summary>
    /// Lists every fault as one sentence that begins with the name of the property and says what is wrong and what is allowed; empty when
    /// the options are valid.
    /// </summary>
    public IEnumerable<string> Validate()
    {
        foreach (var host in AllowedHosts)
        {
            if (!IsHost(host))
            {
                yield return $"{nameof(AllowedHosts)} has '{host}'; a name or address without scheme and port, like hub.example.com or "
                    + "*.example.com, or * for every name, is allowed.";
            }
        }
        foreach (var origin in AllowedOrigins)
        {
            if (origin != "*" && !IsOrigin(origin))
            {
                yield return $"{nameof(AllowedOrigins)} has '{origin}'; an origin like https://app.example.com or http://localhost:5173 is "
                    + "allowed, without a path, or * for every origin.";
            }
        }
    }

    private static bool IsHost(string? host) =>
        host == "*"
        || Uri.CheckHostName(host?.StartsWith("*.", StringComparison.Ordinal) == true ? host[2..] : host) != UriHostNameType.Unknown;

    private static bool IsOrigin(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && text!.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);
}
