using System.Reflection;
using Akka.Configuration;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// The configuration of the ActorSystem, the strongest first: what the engine cannot work without, the user's HOCON, the files per role, the file for all.
/// </summary>
internal static class ClusterHocon
{
    /// <summary>Null when the user's HOCON can be read, else what is wrong with it.</summary>
    internal static string? Fault(string? hocon)
    {
        if (hocon is null) return null;
        if (HoconBrackets.Fault(hocon) is { } fault) return fault;
        try
        {
            _ = ConfigurationFactory.ParseString(hocon);
            return null;
        }
        catch (Exception e)
        {
            // The parser throws what its libraries throw.
            return e.Message;
        }
    }

    internal static Config Compose(AkkaClusterOptions options, string? log = null)
    {
        var config = Own(options, log);
        foreach (var hocon in new[] { options.Hocon, options.ReadHoconFile() })
        {
            if (!string.IsNullOrWhiteSpace(hocon)) config = config.WithFallback(ConfigurationFactory.ParseString(hocon));
        }
        foreach (var role in options.Roles.Order(StringComparer.Ordinal)) config = config.WithFallback(ConfigurationFactory.ParseString(File($"{role}.hocon")));
        return config.WithFallback(ConfigurationFactory.ParseString(File("common.hocon")));
    }

    /// <summary>A file of <c>hocon/</c>, as it was compiled in.</summary>
    internal static string File(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"hocon/{name}") ?? throw new InvalidOperationException($"hocon/{name} is not compiled in.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static Config Own(AkkaClusterOptions options, string? log)
    {
        var roles = string.Join(", ", options.Roles.Distinct().Select(Quote));
        var publicPort = options.PublicPort is { } p ? $"public-port = {p}" : "";
        return ConfigurationFactory.ParseString($$"""
            akka {
              {{(log is null ? "" : $"loggers = [{Quote(log)}]")}}
              stdout-logger-class = {{Quote($"{typeof(SilentLogger).FullName}, {typeof(SilentLogger).Assembly.GetName().Name}")}}
              actor {
                provider = cluster
                serializers.akkasse = {{Quote($"{typeof(WireSerializer).FullName}, {typeof(WireSerializer).Assembly.GetName().Name}")}}
                serializers.refused = {{Quote($"{typeof(RefusingSerializer).FullName}, {typeof(RefusingSerializer).Assembly.GetName().Name}")}}
                serialization-bindings."System.Object" = refused
                serialization-bindings {{{Quote($"{typeof(IWireMessage).FullName}, {typeof(IWireMessage).Assembly.GetName().Name}")}} = akkasse}
              }
              remote.dot-netty.tcp {
                hostname = {{Quote(options.Host)}}
                port = {{options.Port}}
                public-hostname = {{Quote(options.EffectivePublicHost)}}
                {{publicPort}}
                maximum-frame-size = {{options.MaxFrameBytes}}b
              }
              cluster {
                roles = [{{roles}}]
                seed-nodes = []
                sharding {
                  state-store-mode = ddata
                  remember-entities = off
                  distributed-data.durable.keys = []
                  role = {{AkkaClusterOptions.StreamRole}}
                }
                distributed-data.durable.keys = []
              }
            }
            {{TlsHocon.Own(options)}}
            """);
    }

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
