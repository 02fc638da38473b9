using Akka.Actor;

namespace AkkaSse.Cluster.Hosting;

/// <summary>Addresses of nodes as people write them: <c>host:port</c>, <c>host</c> with the default port, or Akka's own form.</summary>
internal static class SeedAddress
{
    /// <summary>Null when it is no address.</summary>
    /// <param name="system">The cluster's name.</param>
    /// <param name="text">The address.</param>
    /// <param name="protocol">A node reaches others by what it speaks itself, <c>akka.ssl.tcp</c> with TLS.</param>
    /// <remarks>
    /// Akka's form has to have the cluster's name: a node of another one drops every message that is addressed like this, with an error in
    /// its log.
    /// </remarks>
    internal static Address? Parse(string system, string? text, string protocol = "akka.tcp")
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (text.StartsWith("akka.", StringComparison.Ordinal))
        {
            try
            {
                // Transport adapters of HOCON stand in the middle (akka.trttl.tcp).
                return Address.Parse(text) is { Port: > 0 } full && full.Protocol.EndsWith(".tcp", StringComparison.Ordinal)
                    && full.System == system
                    ? full.WithProtocol(protocol)
                    : null;
            }
            catch (UriFormatException)
            {
                return null;
            }
        }
        // An IPv6 address has colons of its own, and stands in brackets where a port follows.
        var colon = text.EndsWith(']') || Uri.CheckHostName(text) == UriHostNameType.IPv6 ? -1 : text.LastIndexOf(':');
        ushort port = AkkaClusterOptions.DefaultPort;
        if (colon >= 0 && (!ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out port) || port == 0))
            return null;
        var host = (colon < 0 ? text : text[..colon]).Trim('[', ']');
        return Uri.CheckHostName(host) == UriHostNameType.Unknown ? null : new Address(protocol, system, host, port);
    }
}
