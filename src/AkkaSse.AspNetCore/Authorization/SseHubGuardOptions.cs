namespace AkkaSse.AspNetCore;

/// <summary>
/// Which requests are served while nobody has to authenticate. A page of any site can make a browser that reaches the hub send to it: the
/// <c>Host</c> tells a name that was rebound to the hub's address (DNS rebinding), <c>Sec-Fetch-Site</c> and <c>Origin</c> tell a write that
/// a page of another origin sends. Read when the guard is added; not thread-safe.
/// </summary>
public sealed class SseHubGuardOptions
{
    /// <summary>
    /// <c>Host</c> values that are served besides loopback ones (<c>localhost</c>, <c>*.localhost</c>, <c>127.0.0.0/8</c>, <c>[::1]</c>):
    /// names or addresses without a port, <c>*.example.com</c> for all names below one, or <c>*</c> for every name, which turns this check
    /// off. Case does not matter. Default empty. A request without a <c>Host</c>, which no browser sends, is served.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>
    /// Whether every IP address is served as <c>Host</c>: an address is no name that could be rebound. For a server that listens on all
    /// addresses. Default false.
    /// </summary>
    public bool AllowAddresses { get; set; }

    /// <summary>
    /// Origins whose pages may write (<c>https://app.example.com</c>, as <c>Origin</c> has them) besides the hub's own, which is the one with
    /// the request's <c>Host</c>. Default empty.
    /// </summary>
    public IList<string> AllowedOrigins { get; } = [];

    internal IEnumerable<string> Validate()
    {
        foreach (var host in AllowedHosts)
        {
            if (!GuardRules.IsHost(host))
                yield return $"{nameof(AllowedHosts)} has '{host}'; a name or address without scheme and port, like hub.example.com or "
                    + "*.example.com, or * for every name, is allowed.";
        }
        foreach (var origin in AllowedOrigins)
        {
            if (!GuardRules.IsOrigin(origin))
                yield return $"{nameof(AllowedOrigins)} has '{origin}'; an origin like https://app.example.com is allowed, without a path.";
        }
    }
}
