using AkkaSse.Cluster;
using AkkaSse.Hub;
using AkkaSse.Server.Hosting;
using AkkaSse.Server.Security;

namespace AkkaSse.Server.Configuration;

/// <summary>Everything the executable runs with, checked.</summary>
internal sealed class EffectiveSettings
{
    /// <summary>The section of the engine akka.</summary>
    internal const string AkkaSection = "Akka";

    private EffectiveSettings(ConfigurationTree tree, ServerSettings server, HubOptions hub, AkkaClusterOptions akka, AuthSettings auth, TokenTable tokens, ListenUrls urls)
    {
        (Tree, Server, Hub, Akka, Auth, Tokens, Urls) = (tree, server, hub, akka, auth, tokens, urls);
    }

    internal ConfigurationTree Tree { get; }
    internal ServerSettings Server { get; }
    internal HubOptions Hub { get; }
    internal AkkaClusterOptions Akka { get; }
    internal AuthSettings Auth { get; }
    internal TokenTable Tokens { get; }
    internal ListenUrls Urls { get; }

    /// <summary>Whether callers have to authenticate.</summary>
    internal bool Authenticated => Tokens.Count > 0;

    /// <summary>Whether only this host can reach the server.</summary>
    internal bool LoopbackOnly => !Authenticated && !Server.AllowAnonymousNetwork;

    /// <summary>The options with the executable's own defaults, before anything is read.</summary>
    internal static (ServerSettings Server, HubOptions Hub) Defaults() =>
        (new ServerSettings { CompatibilityEndpoints = [.. ServerSettings.Edges] }, new HubOptions { AutoCreate = true });

    /// <exception cref="ConfigurationFaultsException">With every fault.</exception>
    internal static EffectiveSettings Read(ConfigurationTree tree)
    {
        var faults = new List<string>();
        var binder = new OptionsBinder(tree, faults);
        var (server, hub) = Defaults();
        var akka = new AkkaClusterOptions();
        var auth = new AuthSettings();
        binder.Bind(server, ServerSettings.Section);
        binder.Bind(hub, "Hub");
        binder.Bind(akka, AkkaSection);
        binder.Bind(auth, AuthSettings.Section);
        if (server.Engine == "akka" && tree.Root["Hub:NodeName"] is null) hub.NodeName = NodeName(hub.NodeName, akka.Port);
        faults.AddRange(server.Validate());
        if (server.Engine == "akka") faults.AddRange(akka.Validate().Select(fault => KeyOf(AkkaSection, fault)));
        faults.AddRange(hub.Validate().Select(fault => KeyOf("Hub", fault)));
        faults.AddRange(LogLevelFaults(tree));
        var tokens = TokenTable.Create(auth, faults);
        var urls = ListenUrls.Read(tree.Root, server.H2cUrls, faults);
        // What /v1/cluster says of this node.
        if (urls.All.Count > 0) akka.Address ??= urls.All[0].Url;
        if (tokens.Count == 0 && auth.Tokens.Count == 0 && !server.AllowAnonymousNetwork)
        {
            faults.AddRange(urls.NotLoopback.Select(u =>
                $"{u.Key} is '{u.Url}'{(tree.SourceOf(u.Key) is { } s ? $" (from {s})" : "")}; without authentication only loopback is allowed, like {ListenUrls.Default}. " +
                "Configure Auth:Tokens, or say --allow-anonymous-network when everybody who reaches this address may read and publish."));
        }
        return faults.Count == 0 ? new EffectiveSettings(tree, server, hub, akka, auth, tokens, urls) : throw new ConfigurationFaultsException(faults);
    }

    // The logger would throw at the first of them, with a stack trace.
    private static IEnumerable<string> LogLevelFaults(ConfigurationTree tree) =>
        tree.Root.GetSection("Logging").AsEnumerable()
            .Where(pair => pair.Value is not null && pair.Key.Contains(":LogLevel:", StringComparison.OrdinalIgnoreCase))
            .Where(pair => !Enum.TryParse<LogLevel>(pair.Value, ignoreCase: true, out var level) || !Enum.IsDefined(level))
            .Select(pair => $"{pair.Key} is '{pair.Value}' (from {tree.SourceOf(pair.Key)}); {string.Join(", ", Enum.GetNames<LogLevel>()).ToLowerInvariant()} are allowed.");

    // Several nodes on one host differ by their port, and names have to be distinct.
    private static string NodeName(string host, int port) => port is 0 or AkkaClusterOptions.DefaultPort ? host : $"{host[..Math.Min(host.Length, 58)]}-{port}";

    // "StreamDefaults.MaxAge is …" names a property; a reader of the message looks for a key.
    private static string KeyOf(string section, string fault)
    {
        var end = fault.IndexOf(' ', StringComparison.Ordinal);
        return section + ":" + fault[..end].Replace('.', ':') + fault[end..];
    }
}
