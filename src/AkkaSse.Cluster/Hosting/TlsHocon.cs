using Akka.Configuration;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// What TLS changes in HOCON. The certificate is not in it: it is given to the transport as an object, and its password stands nowhere.
/// </summary>
internal static class TlsHocon
{
    // What would say another thing than the options, or lead around them.
    private static readonly string[] Paths = ["akka.remote.dot-netty.tcp.enable-ssl", "akka.remote.dot-netty.tcp.ssl",
        "akka.remote.dot-netty.tcp.transport-class", "akka.remote.enabled-transports", "akka.remote.helios"];

    /// <summary>The engine's own settings, stronger than the user's; empty without TLS.</summary>
    internal static string Own(AkkaClusterOptions options) => !options.Tls.IsOn ? "" : $$"""
        akka.remote {
          enabled-transports = ["akka.remote.dot-netty.tcp"]
          dot-netty.tcp {
            enable-ssl = true
            transport-class = "{{typeof(TlsTransport).FullName}}, {{typeof(TlsTransport).Assembly.GetName().Name}}"
          }
        }
        """;

    /// <summary>What of the user's HOCON contradicts the options, null for nothing.</summary>
    internal static string? Conflict(IEnumerable<string?> hocon)
    {
        foreach (var text in hocon)
        {
            if (string.IsNullOrWhiteSpace(text) || ClusterHocon.Fault(text) is not null) continue;
            var config = ConfigurationFactory.ParseString(text);
            if (Paths.FirstOrDefault(config.HasPath) is { } path) return path;
        }
        return null;
    }

    /// <summary>Whether the nodes of a configuration speak TLS, by the options or by the user's HOCON.</summary>
    internal static bool IsOn(Config config) => config.GetBoolean("akka.remote.dot-netty.tcp.enable-ssl");
}
