namespace AkkaSse.Server.Configuration;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>One line of text per entry.</summary>
    Text,

    /// <summary>One JSON object per entry.</summary>
    Json,
}

/// <summary>The options of the executable, section <c>Server</c>. The hub's own are in <c>Hub</c>, see HubOptions.</summary>
internal sealed class ServerSettings
{
    internal const string Section = "Server";
    internal static readonly string[] Engines = ["memory", "postgres", "akka"];
    internal static readonly string[] Edges = ["r3labs", "davidsbond", "ctrlx"];

    /// <summary>Which engine decides order and place.</summary>
    public string Engine { get; set; } = "memory";

    /// <summary>With the engine postgres: the connection string, in Npgsql's form. A secret: it is masked wherever settings are shown.</summary>
    public string? Postgres { get; set; }

    /// <summary>With the engine postgres: the connection string for LISTEN, where the other goes through a pooler in transaction mode; null: the same. A secret.</summary>
    public string? PostgresListen { get; set; }

    /// <summary>With the engine postgres: false answers appends before they are on the database's disk; a crash may then lose acknowledged events and begins new epochs.</summary>
    public bool PostgresSynchronousCommit { get; set; } = true;

    /// <summary>With the engine postgres: after so long without a renewal a node is given up, 2 s to 5 min. The same on all nodes.</summary>
    public TimeSpan PostgresLease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>False keeps socket completions and Kestrel's transport on the thread pool. Only the switch --no-inline and the variable AKKASSE_SERVER__INLINE are early enough for both.</summary>
    public bool Inline { get; set; } = true;

    /// <summary>Streams over plain HTTP/1.1 outlive their requests, see UseSseConnectionDetach. Has no effect while <see cref="AccessLog"/> is on.</summary>
    public bool ConnectionDetach { get; set; } = true;

    /// <summary>Serve other hosts although nobody has to authenticate.</summary>
    public bool AllowAnonymousNetwork { get; set; }

    /// <summary>Whether a client may choose its id without authentication; null: only while all urls are loopback.</summary>
    public bool? AllowAnonymousClientIds { get; set; }

    /// <summary>
    /// Without authentication: names by which requests may ask for this server, besides loopback ones and those of the urls. A name or an address,
    /// <c>*.example.com</c> for all names below one, or <c>*</c> for every name.
    /// </summary>
    public List<string> AllowedHosts { get; set; } = [];

    /// <summary>Origins whose pages may call this server, and write to it without authentication.</summary>
    public List<string> CorsOrigins { get; set; } = [];

    /// <summary>Headers that pages of <see cref="CorsOrigins"/> may send besides those that the hub reads, <c>traceparent</c> for example.</summary>
    public List<string> CorsHeaders { get; set; } = [];

    /// <summary>Whether pages of <see cref="CorsOrigins"/> may call with cookies and TLS client certificates, which a proxy in front may ask for; the server itself reads neither.</summary>
    public bool CorsCredentials { get; set; }

    /// <summary>
    /// Proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed: addresses, or networks like <c>10.0.0.0/8</c>. Empty: nobody's. Where a chain of them
    /// passes a request on, the last address that is not a known proxy's is the caller's.
    /// </summary>
    public List<string> KnownProxies { get; set; } = [];

    /// <summary>Extra urls that speak HTTP/2 without TLS (prior knowledge) and nothing else.</summary>
    public List<string> H2cUrls { get; set; } = [];

    /// <summary>
    /// SO_SNDBUF of every connection. It bounds what a stalled reader costs in the kernel; the automatic size grows to 4 MiB each. 128 KiB carries
    /// 1.3 MB/s to a reader 100 ms away. 0 leaves it to the kernel.
    /// </summary>
    public int SendBufferBytes { get; set; } = 128 << 10;

    /// <summary>Compatibility endpoints that are served.</summary>
    public List<string> CompatibilityEndpoints { get; set; } = [];

    /// <summary>Serve the page at <c>/</c>.</summary>
    public bool Page { get; set; } = true;

    /// <summary>Log every request when it ends.</summary>
    public bool AccessLog { get; set; }

    /// <summary>How log lines look.</summary>
    public LogFormat LogFormat { get; set; }

    /// <summary>OTLP endpoint for metrics and traces; null for none.</summary>
    public string? Otlp
    {
        get;
        set => field = value is "" or "none" ? null : value;
    }

    /// <summary>How long readiness fails before the drain begins, so that a balancer has time to notice.</summary>
    public TimeSpan ReadinessDelay { get; set; }

    /// <summary>How long the server warms up before it listens, so that the first readers meet compiled code; zero for not at all.</summary>
    public TimeSpan WarmUp { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long requests in flight may take to end after the drain.</summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(10);

    internal IEnumerable<string> Validate()
    {
        if (!Engines.Contains(Engine)) yield return $"{Section}:Engine is '{Engine}'; {string.Join(", ", Engines)} are allowed.";
        else if (Engine == "postgres") foreach (var fault in PostgresFaults()) yield return fault;
        if (SendBufferBytes != 0 && SendBufferBytes is < 16 << 10 or > 64 << 20) yield return $"{Section}:SendBufferBytes is {SendBufferBytes}; 0 (the kernel's choice) or 16KiB to 64MiB are allowed.";
        foreach (var edge in CompatibilityEndpoints)
        {
            if (!Edges.Contains(edge)) yield return $"{Section}:CompatibilityEndpoints has '{edge}'; {string.Join(", ", Edges)} are allowed, or none.";
        }
        foreach (var host in AllowedHosts)
        {
            if (!IsHost(host)) yield return $"{Section}:AllowedHosts has '{host}'; a name or address without scheme and port, like hub.example.com or *.example.com, or * for every name, is allowed.";
        }
        foreach (var origin in CorsOrigins)
        {
            if (!IsOrigin(origin)) yield return $"{Section}:CorsOrigins has '{origin}'; an origin like https://app.example.com or http://localhost:5173 is allowed, without a path.";
        }
        foreach (var header in CorsHeaders)
        {
            if (header.Length == 0 || !header.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)) || header == "*")
                yield return $"{Section}:CorsHeaders has '{header}'; the name of a header like traceparent is allowed.";
        }
        if (CorsCredentials && CorsOrigins.Count == 0) yield return $"{Section}:CorsCredentials is true without {Section}:CorsOrigins; credentials are allowed to named origins only.";
        foreach (var proxy in KnownProxies)
        {
            if (!System.Net.IPAddress.TryParse(proxy, out _) && !System.Net.IPNetwork.TryParse(proxy, out _)) yield return $"{Section}:KnownProxies has '{proxy}'; an address like 10.0.0.5 or a network like 10.0.0.0/8 is allowed.";
        }
        if (Otlp is not null && !(Uri.TryCreate(Otlp, UriKind.Absolute, out var otlp) && otlp.Scheme is "http" or "https"))
            yield return $"{Section}:Otlp is '{Otlp}'; an http or https url like http://localhost:4317 is allowed.";
        if (ReadinessDelay < TimeSpan.Zero || ReadinessDelay > TimeSpan.FromMinutes(10)) yield return $"{Section}:ReadinessDelay is {Hub.Durations.Format(ReadinessDelay)}; 0s to 10m are allowed.";
        if (WarmUp < TimeSpan.Zero || WarmUp > TimeSpan.FromMinutes(1)) yield return $"{Section}:WarmUp is {Hub.Durations.Format(WarmUp)}; 0s to 1m are allowed.";
        if (ShutdownGrace < TimeSpan.Zero || ShutdownGrace > TimeSpan.FromMinutes(10)) yield return $"{Section}:ShutdownGrace is {Hub.Durations.Format(ShutdownGrace)}; 0s to 10m are allowed.";
    }

    internal AkkaSse.Postgres.PostgresOptions PostgresOptions(string? address = null) => new()
    {
        ConnectionString = Postgres ?? "",
        ListenConnectionString = PostgresListen,
        SynchronousCommit = PostgresSynchronousCommit,
        Lease = PostgresLease,
        Address = address,
    };

    private IEnumerable<string> PostgresFaults() => PostgresOptions().Validate().Select(static f =>
        f.StartsWith("ConnectionString ", StringComparison.Ordinal) ? $"{Section}:Postgres {f["ConnectionString ".Length..]}"
        : f.StartsWith("ListenConnectionString ", StringComparison.Ordinal) ? $"{Section}:PostgresListen {f["ListenConnectionString ".Length..]}"
        : $"{Section}:Postgres{f}");

    private static bool IsHost(string text) =>
        text == "*" || Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) != UriHostNameType.Unknown;

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && text.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);
}
