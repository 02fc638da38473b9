using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Addresses of nodes as people write them: <c>host:port</c>, or Akka's own form.</summary>
internal static class SeedAddress
{
    /// <summary>Null when it is no address.</summary>
    internal static Address? Parse(string system, string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (text.StartsWith("akka.", StringComparison.Ordinal))
        {
            try
            {
                return Address.Parse(text) is { Port: not null } full ? full : null;
            }
            catch (UriFormatException)
            {
                return null;
            }
        }
        var colon = text.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port) || port == 0) return null;
        var host = text[..colon].Trim('[', ']');
        return Uri.CheckHostName(host) == UriHostNameType.Unknown ? null : new Address("akka.tcp", system, host, port);
    }
}
