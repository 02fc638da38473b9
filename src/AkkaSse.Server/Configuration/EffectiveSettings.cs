using AkkaSse.Cluster;
using AkkaSse.Hub;
using AkkaSse.Postgres;
using AkkaSse.Server.Audit;
using AkkaSse.Server.CommandLine;
using AkkaSse.Server.Hosting;
using AkkaSse.Server.Limits;
using AkkaSse.Server.Security;
using AkkaSse.Server.Security.Jwt;
using AkkaSse.Server.Security.Tokens;
using AkkaSse.Storage;

namespace AkkaSse.Server.Configuration;

/// <summary>Everything the executable runs with, checked.</summary>
internal sealed class EffectiveSettings
{
    /// <summary>The section of <see cref="HubOptions"/>.</summary>
    internal const string HubSection = "Hub";

    /// <summary>The section of <see cref="HubOptions.Namespaces"/>: what stands below a prefix is for names that begin with it.</summary>
    internal const string NamespacesSection = "Namespaces";

    /// <summary>The section of the engine akka.</summary>
    internal const string AkkaSection = "Akka";

    /// <summary>The section of the engine postgres.</summary>
    internal const string PostgresSection = "Postgres";

    /// <summary>The section of the data directory.</summary>
    internal const string StorageSection = "Storage";

    private readonly bool _isAuthFaulty;

    private EffectiveSettings(ConfigurationTree tree, OptionsBinder binder, IEnumerable<ServerOption> switches)
    {
        Tree = tree;
        binder.Bind(Server, ServerSettings.Section);
        var before = binder.Faults.Count;
        binder.Bind(Auth, AuthSettings.Section);
        // Who has written it, if wrongly, need not be told that nobody has to authenticate.
        _isAuthFaulty = binder.Faults.Count > before;
        binder.Bind(Limits, LimitSettings.Section, nameof(LimitSettings.Namespaces));
        binder.BindMap(Limits.Namespaces, LimitSettings.NamespacesSection, static () => new LimitRates());
        binder.Bind(Audit, AuditSettings.Section);
        Urls = ListenUrls.Read(tree.Root, Server.H2cUrls, binder.Faults);
        Bind(Akka, binder);
        Bind(Postgres, binder);
        Bind(Storage, binder);
        Bind(Hub, binder);
        binder.Faults.AddRange(Validate());
        binder.Faults.AddRange(switches.Select(WithoutItsEngine).OfType<string>());
        Tokens = TokenTable.Create(Auth, binder.Faults);
        Issuers = JwtIssuers.Create(Auth, binder.Faults);
        if (!Auth.IsGiven && !Server.AllowAnonymousNetwork && !_isAuthFaulty)
            binder.Faults.AddRange(Urls.NotLoopback.Select(NeedsTokens));
    }

    internal ConfigurationTree Tree { get; }
    internal ServerSettings Server { get; } = new() { CompatibilityEndpoints = [.. ServerSettings.Edges] };
    internal HubOptions Hub { get; } = new();
    internal AkkaClusterOptions Akka { get; } = new();
    internal PostgresOptions Postgres { get; } = new();
    internal StorageOptions Storage { get; } = new();
    internal AuthSettings Auth { get; } = new();
    internal LimitSettings Limits { get; } = new();
    internal AuditSettings Audit { get; } = new();

    /// <summary>The tokens at the start; <see cref="TokenStore"/> has those that hold now.</summary>
    internal TokenTable Tokens { get; }
    internal JwtIssuers Issuers { get; }
    internal ListenUrls Urls { get; }

    /// <summary>Whether callers have to authenticate.</summary>
    internal bool Authenticated => Auth.IsGiven;

    /// <summary>Whether browsers can sign in: a session has to be good on all nodes.</summary>
    internal bool HasSessions => Server.Engine == "memory" || Auth.KeyDirectory is not null;

    /// <summary>Whether only this host can reach the server.</summary>
    internal bool LoopbackOnly => !Authenticated && !Server.AllowAnonymousNetwork;

    /// <summary>The section of the engine that is chosen; null for the engine memory without a data directory, which has none.</summary>
    internal string? EngineSection => Server.Engine switch
    {
        "akka" => AkkaSection,
        "postgres" => PostgresSection,
        _ => Server.Data is null ? null : StorageSection,
    };

    private string? Address => Urls.All.Count > 0 ? Urls.All[0].Url : null;

    /// <param name="tree">The configuration.</param>
    /// <param name="switches">The switches that were given; null for none.</param>
    /// <exception cref="ConfigurationFaultsException">With every fault.</exception>
    internal static EffectiveSettings Read(ConfigurationTree tree, IReadOnlyList<ServerOption>? switches = null)
    {
        var binder = new OptionsBinder(tree);
        var settings = new EffectiveSettings(tree, binder, switches ?? []);
        binder.ThrowIfFaulty();
        return settings;
    }

    /// <summary>Sets the container's options as <see cref="Hub"/> is set.</summary>
    internal void Configure(HubOptions hub) => Bind(binder => Bind(hub, binder));

    /// <summary>Sets the container's options as <see cref="Akka"/> is set.</summary>
    internal void Configure(AkkaClusterOptions akka) => Bind(binder => Bind(akka, binder));

    /// <summary>Sets the container's options as <see cref="Postgres"/> is set.</summary>
    internal void Configure(PostgresOptions postgres) => Bind(binder => Bind(postgres, binder));

    /// <summary>Sets the container's options as <see cref="Storage"/> is set.</summary>
    internal void Configure(StorageOptions storage) => Bind(binder => Bind(storage, binder));

    private void Bind(Action<OptionsBinder> bind)
    {
        var binder = new OptionsBinder(Tree);
        bind(binder);
        binder.ThrowIfFaulty();
    }

    private void Bind(HubOptions hub, OptionsBinder binder)
    {
        hub.AutoCreate = true;
        binder.Bind(hub, HubSection);
        // What a namespace does not say of its streams is as it is outside of all namespaces.
        binder.BindMap(hub.Namespaces, NamespacesSection, () => new NamespaceOptions { StreamDefaults = hub.StreamDefaults with { } });
        if (Server.Engine == "akka" && Tree.Root["Hub:NodeName"] is null) hub.NodeName = NodeName(hub.NodeName, Akka.Port);
    }

    private void Bind(AkkaClusterOptions akka, OptionsBinder binder)
    {
        binder.Bind(akka, AkkaSection);
        akka.Address ??= Address;
        // `config` shows what an empty list means.
        if (akka.Roles.Count == 0) akka.Roles = [AkkaEngineOptions.StreamRole, AkkaEngineOptions.EdgeRole];
    }

    private void Bind(PostgresOptions postgres, OptionsBinder binder)
    {
        binder.Bind(postgres, PostgresSection);
        postgres.Address ??= Address;
    }

    private void Bind(StorageOptions storage, OptionsBinder binder)
    {
        binder.Bind(storage, StorageSection);
        if (Server.Data is { } directory) storage.Directory = directory;
    }

    private IEnumerable<string> Validate()
    {
        var engine = Server.Engine switch
        {
            "akka" => Akka.Validate(),
            "postgres" => Postgres.Validate(),
            _ => Server.Data is null ? [] : Storage.Validate(),
        };
        return
        [
            .. Server.Validate(),
            .. Auth.Validate(),
            .. Limits.Validate(),
            .. LimitsOfNoNamespace(),
            .. Audit.Validate(),
            .. AuditWithoutReaders(),
            .. engine.Select(fault => KeyOf(EngineSection!, fault)),
            .. Hub.Validate().Select(static fault => NamespaceKeyOf(fault) ?? KeyOf(HubSection, fault)),
            .. LogLevelFaults(Tree),
        ];
    }

    // Keys in a file may wait for another engine; a switch is meant for this very start.
    private string? WithoutItsEngine(ServerOption option)
    {
        var engine = option.Key?.Split(':')[0] switch { AkkaSection => "akka", PostgresSection => "postgres", _ => null };
        return engine is null || engine == Server.Engine
            ? null
            : $"{option.Name} is given, but the engine is {Server.Engine}, which has no use for it; --engine {engine} has.";
    }

    private IEnumerable<string> LimitsOfNoNamespace() =>
        Limits.Namespaces.Keys.Where(prefix => !Hub.Namespaces.ContainsKey(prefix)).Select(prefix =>
            $"{LimitSettings.NamespacesSection}:{prefix} is of no namespace; the prefixes of {NamespacesSection} are "
            + $"allowed: {(Hub.Namespaces.Count == 0 ? "it has none" : string.Join(", ", Hub.Namespaces.Keys))}.");

    private IEnumerable<string> AuditWithoutReaders()
    {
        if (!Audit.Stream || Auth.IsGiven || _isAuthFaulty) yield break;
        yield return "Audit:Stream is true, but nobody has to authenticate, so that nobody can have the grant audit to read it; with "
            + "Auth:Tokens or Auth:Jwt it is allowed, and Audit:Log in any case.";
    }

    private string NeedsTokens(ListenUrl url)
    {
        var from = Tree.SourceOf(url.Key) is { } source ? $" (from {source})" : "";
        return $"{url.Key} is '{url.Url}'{from}; without authentication only loopback is allowed, like {ListenUrls.Default}. Configure "
            + "Auth:Tokens or Auth:Jwt, or say --allow-anonymous-network when everybody who reaches this address may read and publish.";
    }

    // The logger would throw at the first of them, with a stack trace.
    private static IEnumerable<string> LogLevelFaults(ConfigurationTree tree) =>
        tree.Root.GetSection("Logging").AsEnumerable()
            .Where(pair => pair.Value is not null && pair.Key.Contains(":LogLevel:", StringComparison.OrdinalIgnoreCase))
            .Where(pair => !Enum.TryParse<LogLevel>(pair.Value, ignoreCase: true, out var level) || !Enum.IsDefined(level))
            .Select(pair => $"{pair.Key} is '{pair.Value}' (from {tree.SourceOf(pair.Key)}); "
                + $"{string.Join(", ", Enum.GetNames<LogLevel>()).ToLowerInvariant()} are allowed.");

    // Several nodes on one host differ by their port, and names have to be distinct.
    private static string NodeName(string host, int port) =>
        port is 0 or AkkaClusterOptions.DefaultPort ? host : $"{host[..Math.Min(host.Length, 58)]}-{port}";

    // "Namespaces["chat/"].MaxReaders is …", where a prefix may have dots and spaces; null for another fault.
    private static string? NamespaceKeyOf(string fault)
    {
        const string Begin = nameof(HubOptions.Namespaces) + "[\"";
        var end = fault.IndexOf("\"]", StringComparison.Ordinal);
        if (!fault.StartsWith(Begin, StringComparison.Ordinal) || end < 0) return null;
        var (path, rest) = ($"{NamespacesSection}:{fault[Begin.Length..end]}", fault[(end + 2)..]);
        return rest[0] == '.' ? KeyOf(path, rest[1..]) : path + rest;
    }

    // "StreamDefaults.MaxAge is …" names a property; a reader of the message looks for a key.
    private static string KeyOf(string section, string fault)
    {
        var end = fault.IndexOf(' ', StringComparison.Ordinal);
        return section + ":" + fault[..end].Replace('.', ':') + fault[end..];
    }
}
