using System.Net;

namespace AkkaSse.Hub;

/// <summary>Rules about host names and addresses. Thread-safe.</summary>
public static class HostNames
{
    /// <summary>
    /// Whether a host means this machine alone: <c>localhost</c>, a name below it, an address of <c>127.0.0.0/8</c>, or <c>::1</c>. Case
    /// does not matter.
    /// </summary>
    /// <param name="host">A name or address without a port; an IPv6 address may stand in brackets. Null and the empty text are
    /// false.</param>
    public static bool IsLoopback(string? host) =>
        host is not null
        && (host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address)));
}
