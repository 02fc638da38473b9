using System.Reflection;
using Akka.Configuration;
using AkkaSse.Cluster.Actors;
using AkkaSse.Cluster.Sockets;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// The configuration of the ActorSystem, the strongest first: what the engine cannot work without, the user's HOCON, the files per role,
/// the file for all.
/// </summary>
internal static class ClusterHocon
{
    /// <summary>The phase of Akka's coordinated shutdown in which an application's node hands over what the hub holds on it.</summary>
    internal const string HandOffPhase = "akkasse-hand-off";

    private const string RegionPhase = "akka.coordinated-shutdown.phases.cluster-sharding-shutdown-region.depends-on";

    // Beyond the limit of the hand-off itself: its regions end after it, within 20 s, and the phase must not end before that has been said.
    private static readonly TimeSpan HandOffGrace = TimeSpan.FromSeconds(25);

    /// <summary>Null when the user's HOCON can be read, else what is wrong with it.</summary>
    internal static string? Fault(string? hocon)
    {
        if (hocon is null) return null;
        if (HoconBrackets.Fault(hocon) is { } fault) return fault;
        try
        {
            return HoconReferences.Fault(ConfigurationFactory.ParseString(hocon));
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
        if (options.EffectiveRoles.Contains(AkkaEngineOptions.EdgeRole))
            config = config.WithFallback(ConfigurationFactory.ParseString(File("edge.hocon")));
        // Whoever has turned TLS on, here or in HOCON, gets it: the plain sockets know none.
        if (!config.GetBoolean("akka.remote.dot-netty.tcp.enable-ssl")) config = config.WithFallback(PlainSockets);
        return config.WithFallback(ConfigurationFactory.ParseString(File("hub.hocon"))).WithFallback(
            ConfigurationFactory.ParseString(File("common.hocon")));
    }

    /// <summary>
    /// What an application's own ActorSystem needs above all that the application has set, so that the hub can work in it. Nothing of it
    /// touches messages, regions or timeouts of the application.
    /// </summary>
    /// <param name="options">The hub's.</param>
    /// <param name="present">What the application has set so far.</param>
    internal static Config Guest(AkkaEngineOptions options, Config present)
    {
        var roles = List(ListOf(present, "akka.cluster.roles").Concat(ClusterRoles.Of(options)));
        var before = List(ListOf(present, RegionPhase).Append(HandOffPhase));
        // The phase has a timeout of its own, so that those of Akka's phases stay what they are.
        var limit = (long)(options.LeaveLimit + HandOffGrace).TotalMilliseconds;
        return Serializers.WithFallback(ConfigurationFactory.ParseString($$"""
            akka {
              cluster.roles = [{{roles}}]
              coordinated-shutdown.phases {
                {{HandOffPhase}} {
                  timeout = {{limit}}ms
                  depends-on = [before-cluster-shutdown]
                }
              }
            }
            {{RegionPhase}} = [{{before}}]
            """));
    }

    private static IEnumerable<string> ListOf(Config present, string path) => present.HasPath(path) ? present.GetStringList(path) : [];

    private static string List(IEnumerable<string> items) => string.Join(", ", items.Distinct(StringComparer.Ordinal).Select(Quote));

    /// <summary>What an application's own ActorSystem needs where the application has set nothing else.</summary>
    internal static Config GuestDefaults { get; } =
        ConfigurationFactory.ParseString(File("hub.hocon"))
            .WithFallback(ConfigurationFactory.ParseString(File("guest.hocon")))
            .WithFallback(ConfigurationFactory.ParseString(
            $"akka.remote.dot-netty.tcp.maximum-frame-size = {AkkaClusterOptions.DefaultFrameBytes}b"));

    private static Config PlainSockets { get; } =
        ConfigurationFactory.ParseString($"akka.remote.dot-netty.tcp.transport-class = {Quote(NameOf(typeof(SocketTransport)))}");

    private static Config Serializers { get; } = ConfigurationFactory.ParseString($$"""
        akka.actor {
          serializers {
            akkasse = {{Quote(NameOf(typeof(WireSerializer)))}}
            akkasse-local = {{Quote(NameOf(typeof(HubMessageSerializer)))}}
          }
          serialization-bindings {
            {{Quote(NameOf(typeof(IWireMessage)))}} = akkasse
            {{Quote(NameOf(typeof(IHubMessage)))}} = akkasse-local
          }
        }
        """);

    /// <summary>A file of <c>hocon/</c>, as it was compiled in.</summary>
    internal static string File(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"hocon/{name}")
            ?? throw new InvalidOperationException($"hocon/{name} is not compiled in.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static Config Own(AkkaClusterOptions options, string? log)
    {
        var roles = List(ClusterRoles.Of(options));
        var publicPort = options.PublicPort is { } p ? $"public-port = {p}" : "";
        return Serializers.WithFallback(ConfigurationFactory.ParseString($$"""
            akka {
              {{(log is null ? "" : $"loggers = [{Quote(log)}]")}}
              stdout-logger-class = {{Quote(NameOf(typeof(SilentLogger)))}}
              actor {
                provider = cluster
                serializers.refused = {{Quote(NameOf(typeof(RefusingSerializer)))}}
                serialization-bindings."System.Object" = refused
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
                sharding.distributed-data.durable.keys = []
                distributed-data.durable.keys = []
              }
            }
            {{TlsHocon.Own(options)}}
            """));
    }

    private static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
