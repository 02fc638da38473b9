namespace AkkaSse.Server.CommandLine;

/// <summary>One switch of the command line: its name, the configuration key it sets, and what help says of it.</summary>
/// <param name="Group">Heading in the help.</param>
/// <param name="Name">With its dashes.</param>
/// <param name="Value">What stands after it in the help; null for a switch without a value.</param>
/// <param name="Key">The configuration key; a list when it ends with <c>[]</c>; null when it is handled apart.</param>
/// <param name="Text">What it means, with units.</param>
/// <param name="Default">The default as text; null for none.</param>
/// <param name="SwitchValue">What a switch without a value sets.</param>
internal sealed record ServerOption(
    string Group, string Name, string? Value, string? Key, string Text, string? Default, string SwitchValue = "true")
{
    internal bool IsSwitch => Value is null;
    internal bool IsList => Key?.EndsWith("[]", StringComparison.Ordinal) == true;

    /// <summary>Every switch of <c>serve</c> and <c>config</c>, in the order of the help.</summary>
    internal static IReadOnlyList<ServerOption> All { get; } =
    [
        new("Listening", "--urls", "URL[;URL]", "urls", "Where to listen. Without authentication only loopback. Port 0 takes a free port.",
            "http://localhost:8080"),
        new("Listening", "--h2c", "URL", "Server:H2cUrls[]", "Also listen here for HTTP/2 without TLS (prior knowledge only). Repeatable.",
            null),
        new("Listening", "--allow-anonymous-network", null, "Server:AllowAnonymousNetwork",
            "Serve other hosts without authentication: whoever reaches the address may read and publish.", "off"),
        new("Listening", "--allow-host", "NAME", "Server:AllowedHosts[]",
            "Without authentication: also serve requests that ask for this name (*.example.com, or * for every name). Repeatable.",
            "loopback and the names of --urls"),
        new("Listening", "--cors-origin", "ORIGIN", "Server:CorsOrigins[]",
            "Let pages of this origin call the server, with Last-Event-ID and Idempotency-Key. Repeatable.", null),
        new("Listening", "--cors-header", "NAME", "Server:CorsHeaders[]",
            "Let those pages send this header too, like traceparent. Repeatable.", "what the hub reads"),
        new("Listening", "--cors-credentials", null, "Server:CorsCredentials",
            "Let those pages call with cookies, for a proxy that asks for them.", "off"),
        new("Listening", "--known-proxy", "ADDRESS", "Server:KnownProxies[]",
            "Believe X-Forwarded-For and X-Forwarded-Proto of this proxy, or of a network like 10.0.0.0/8. Repeatable.", "nobody's"),
        new("Listening", "--send-buffer", "BYTES", "Server:SendBufferBytes",
            "Kernel send buffer per connection, the bound of what a stalled reader costs; 0 lets the kernel choose.", "128KiB"),
        new("Listening", "--no-inline", null, "Server:Inline", "Complete sockets on the thread pool instead of on the epoll threads.",
            "inline", "false"),
        new("Listening", "--no-detach", null, "Server:ConnectionDetach",
            "Keep the HTTP request of a stream for as long as the stream lives: about twice the memory per idle reader.", "detached",
            "false"),
        new("Listening", "--warm-up", "TIME", "Server:WarmUp",
            "How long to warm up before listening, so that the first readers meet compiled code; 0 for not at all.", "1s"),

        new("Hub", "--engine", "NAME", "Server:Engine", "memory, postgres or akka.", "memory"),
        new("Hub", "--data", "DIR", "Server:Data", "With --engine memory: keep streams in this directory, so that they outlive restarts.",
            "in memory"),
        new("Hub", "--sync", "WHEN", "Storage:Sync", "With --data: when events are forced to the disk: always (before a publish is "
            + "answered), interval or os.", "always"),
        new("Hub", "--postgres", "CONNECTION", "Postgres:ConnectionString", "With --engine postgres: Npgsql's connection string. Better in "
            + "AKKASSE_POSTGRES__CONNECTIONSTRING or a file: other users see command lines.", null),
        new("Hub", "--akka-host", "ADDRESS", "Akka:Host", "With --engine akka: where to listen for other nodes.", "127.0.0.1"),
        new("Hub", "--akka-port", "PORT", "Akka:Port", "With --engine akka: the port to listen on for other nodes.", "4053"),
        new("Hub", "--akka-public-host", "HOST", "Akka:PublicHost", "With --engine akka: how other nodes reach this one.", "the address"),
        new("Hub", "--akka-seed", "HOST[:PORT]", "Akka:Seeds[]",
            "With --engine akka: a node to look for the cluster at; the first of the list begins one. Repeatable.", "a cluster of one"),
        new("Hub", "--akka-hocon", "FILE", "Akka:HoconFile", "With --engine akka: HOCON that overrides the engine's own.", null),
        new("Hub", "--node-name", "NAME", "Hub:NodeName", "This node's name, 1 to 64 of A-Z a-z 0-9 _ -",
            "the host's name, with -PORT where --akka-port is not 4053"),
        new("Hub", "--auto-create", "BOOL", "Hub:AutoCreate", "A publish creates an unknown stream.", "true"),
        new("Hub", "--heartbeat", "TIME", "Hub:Heartbeat", "A comment after so much silence; 0 for none.", "15s"),
        new("Hub", "--retry", "TIME", "Hub:Retry", "The retry: that every reader is given.", "1s"),
        new("Hub", "--write-timeout", "TIME", "Hub:WriteTimeout",
            "A flush that takes longer is a failure; three in a row end the connection.", "5s"),
        new("Hub", "--drain-window", "TIME", "Hub:DrainWindow", "Over which readers reconnect when this node stops.", "5s"),
        new("Hub", "--max-connections", "N", "Hub:MaxConnections", "Newcomers beyond are refused; nobody is evicted.", "none"),
        new("Hub", "--max-event", "BYTES", "Hub:MaxEventBytes", "Largest event.", "1MiB"),
        new("Hub", "--max-log", "BYTES", "Hub:MaxLogBytes", "All logs of this node together; beyond it the largest are trimmed.",
            "a quarter of the memory"),

        new("Retention of streams created without options of their own", "--retain-events", "N", "Hub:StreamDefaults:MaxEvents",
            "At most so many events.", "100000"),
        new("Retention of streams created without options of their own", "--retain-bytes", "BYTES", "Hub:StreamDefaults:MaxBytes",
            "At most so many bytes.", "64MiB"),
        new("Retention of streams created without options of their own", "--retain-age", "TIME", "Hub:StreamDefaults:MaxAge",
            "At most so old.", "1d"),

        new("Edges", "--compatibility", "LIST", "Server:CompatibilityEndpoints", "Compatible routes, of r3labs,davidsbond,ctrlx, or none.",
            "all three"),
        new("Edges", "--no-page", null, "Server:Page", "Do not serve the console (/console, /).", "served", "false"),

        new("Observing", "--log-level", "LEVEL", "Logging:LogLevel:Default", "trace, debug, information, warning, error, critical or none.",
            "information"),
        new("Observing", "--log-format", "FORMAT", "Server:LogFormat", "text or json, to standard output.", "text"),
        new("Observing", "--access-log", null, "Server:AccessLog", "One line per request, when it has ended.", "off"),
        new("Observing", "--otlp", "URL", "Server:Otlp", "Send metrics and traces to this OTLP endpoint.", null),

        new("Configuration", "--config", "FILE", null, "A JSON file, read after appsettings.json.", null),
        new("Configuration", "--set", "KEY=VALUE", null, "Any key, like Hub:MaxStreams=1000. Repeatable.", null),
        new("Configuration", "--environment", "NAME", "environment", "Also reads appsettings.NAME.json beside the program.", "Production"),
    ];
}
