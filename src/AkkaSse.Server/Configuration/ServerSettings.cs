using System.Net;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;

namespace AkkaSse.Server.Configuration;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>One line of text per entry.</summary>
    Text,

    /// <summary>One JSON object per entry.</summary>
    Json,
}

/// <summary>The options of the executable, section <c>Server</c>. Those of hub and engines have sections of their own.</summary>
internal sealed class ServerSettings
{
    internal const string Section = "Server";
    internal static readonly string[] Engines = ["memory", "postgres", "akka"];
    internal static readonly string[] Edges = ["r3labs", "davidsbond", "ctrlx"];
    internal static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    /// <summary>The engine: <c>memory</c>, <c>postgres</c> or <c>akka</c>. Default <c>memory</c>.</summary>
    public string Engine { get; set; } = "memory";

    /// <summary>
    /// With the engine <c>memory</c>: the directory in which streams are kept. Default null: in memory only, and a restart loses them.
    /// </summary>
    public string? Data
    {
        get;
        set => field = value is "" or "none" ? null : value;
    }

    /// <summary>
    /// Whether sockets complete on the thread that polls them. Default true. False moves completions and Kestrel's transport to the thread
    /// pool. Only the switch --no-inline and the variable AKKASSE_SERVER__INLINE are early enough for both.
    /// </summary>
    public bool Inline { get; set; } = true;

    /// <summary>
    /// Whether streams over plain HTTP/1.1 outlive their requests, see UseSseConnectionDetach. Default true. It has no effect while
    /// <see cref="AccessLog"/> is on.
    /// </summary>
    public bool ConnectionDetach { get; set; } = true;

    /// <summary>Whether other hosts are served although nobody has to authenticate. Default false.</summary>
    public bool AllowAnonymousNetwork { get; set; }

    /// <summary>
    /// Whether a client may choose its id without authentication. Default null: only while all urls are loopback.
    /// </summary>
    public bool? AllowAnonymousClientIds { get; set; }

    /// <summary>
    /// The <c>Host</c> values that are served besides loopback ones and those of the urls. Names or addresses, <c>*.example.com</c> for all
    /// names below one, or <c>*</c> for every name. Default empty: without authentication none, with it every name.
    /// </summary>
    public List<string> AllowedHosts { get; set; } = [];

    /// <summary>
    /// The origins whose pages may call this server, and write to it without authentication. Default empty.
    /// </summary>
    public List<string> CorsOrigins { get; set; } = [];

    /// <summary>
    /// The headers that pages of <see cref="CorsOrigins"/> may send besides those that the hub reads, for example <c>traceparent</c>.
    /// Default empty.
    /// </summary>
    public List<string> CorsHeaders { get; set; } = [];

    /// <summary>
    /// The methods that pages of <see cref="CorsOrigins"/> may use, for example GET alone for pages that only read. Default: GET, HEAD,
    /// POST, PUT, PATCH, DELETE.
    /// </summary>
    public List<string> CorsMethods { get; set; } = [.. Methods];

    /// <summary>
    /// Whether pages of <see cref="CorsOrigins"/> may call with cookies and TLS client certificates. Default false. Set it for
    /// sessions, and for a proxy that asks for either.
    /// </summary>
    public bool CorsCredentials { get; set; }

    /// <summary>
    /// The proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> the server believes: addresses, or networks like
    /// <c>10.0.0.0/8</c>. Default empty. After a chain of proxies, the last address that is none of them is the caller's.
    /// </summary>
    public List<string> KnownProxies { get; set; } = [];

    /// <summary>Further urls that speak HTTP/2 without TLS (prior knowledge) and nothing else. Default empty.</summary>
    public List<string> H2cUrls { get; set; } = [];

    /// <summary>
    /// The kernel's send buffer of a connection (SO_SNDBUF). Bytes. 16 KiB to 64 MiB, or 0 for the kernel's choice. Default 128 KiB. It
    /// bounds what a stalled reader costs in the kernel, whose own choice grows to 4 MiB; 128 KiB carry 1.3 MB/s to a reader 100 ms away.
    /// </summary>
    public int SendBufferBytes { get; set; } = 128 << 10;

    /// <summary>The compatibility endpoints that are served: <c>r3labs</c>, <c>davidsbond</c>, <c>ctrlx</c>. Default: all three.</summary>
    public List<string> CompatibilityEndpoints { get; set; } = [];

    /// <summary>Whether the console is served, at <c>/console</c> and <c>/</c>. Default true.</summary>
    public bool Page { get; set; } = true;

    /// <summary>Whether the server logs every request when it ends. Default false.</summary>
    public bool AccessLog { get; set; }

    /// <summary>How log lines look. Default <see cref="LogFormat.Text"/>.</summary>
    public LogFormat LogFormat { get; set; }

    /// <summary>The OTLP endpoint for metrics and traces: an http or https url. Default null: none.</summary>
    public string? Otlp
    {
        get;
        set => field = value is "" or "none" ? null : value;
    }

    /// <summary>
    /// Whether requests and connections are measured too, by the instruments of ASP.NET Core (<c>http.server.request.duration</c> and
    /// others). Default false, because each publish is a request.
    /// </summary>
    public bool RequestMetrics { get; set; }

    /// <summary>
    /// The time for which readiness fails before the drain begins. 0 s to 10 min. Default 0 s. Set it so that a load balancer has time to
    /// notice.
    /// </summary>
    public TimeSpan ReadinessDelay { get; set; }

    /// <summary>
    /// The time for which the server warms up before it listens, so that the first readers meet compiled code. 0 s to 1 min. Default 1 s.
    /// </summary>
    public TimeSpan WarmUp { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The time that requests in flight have to end after the drain. 0 s to 10 min. Default 10 s.</summary>
    public TimeSpan ShutdownGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Adds the hosts and origins to those that are served without authentication.</summary>
    internal void Configure(SseHubGuardOptions guard)
    {
        foreach (var host in AllowedHosts) guard.AllowedHosts.Add(host);
        foreach (var origin in CorsOrigins) guard.AllowedOrigins.Add(origin);
    }

    internal IEnumerable<string> Validate()
    {
        if (!Engines.Contains(Engine)) yield return $"{Section}:Engine is '{Engine}'; {string.Join(", ", Engines)} are allowed.";
        if (Data is not null && Engine != "memory")
            yield return $"{Section}:Data is '{Data}' with the engine {Engine}; a data directory is allowed with the engine memory.";
        if (SendBufferBytes != 0 && SendBufferBytes is < 16 << 10 or > 64 << 20)
            yield return $"{Section}:SendBufferBytes is {SendBufferBytes}; 0 (the kernel's choice) or 16KiB to 64MiB are allowed.";
        foreach (var edge in CompatibilityEndpoints.Except(Edges))
            yield return $"{Section}:CompatibilityEndpoints has '{edge}'; {string.Join(", ", Edges)} are allowed, or none.";
        foreach (var fault in GuardFaults()) yield return fault;
        foreach (var header in CorsHeaders)
        {
            if (!IsHeader(header)) yield return $"{Section}:CorsHeaders has '{header}'; the name of a header like traceparent is allowed.";
        }
        foreach (var method in CorsMethods.Except(Methods))
            yield return $"{Section}:CorsMethods has '{method}'; {string.Join(", ", Methods)} are allowed.";
        if (CorsMethods.Count == 0) yield return $"{Section}:CorsMethods is empty; {string.Join(", ", Methods)} are allowed.";
        if (CorsCredentials && CorsOrigins.Count == 0)
        {
            yield return $"{Section}:CorsCredentials is true without {Section}:CorsOrigins; credentials are allowed to named origins only.";
        }
        if (CorsCredentials && CorsOrigins.Contains("*"))
        {
            yield return $"{Section}:CorsCredentials is true with '*' in {Section}:CorsOrigins; credentials are allowed to named origins "
                + "only.";
        }
        foreach (var proxy in KnownProxies)
        {
            if (!IPAddress.TryParse(proxy, out _) && !System.Net.IPNetwork.TryParse(proxy, out _))
            {
                yield return $"{Section}:KnownProxies has '{proxy}'; an address like 10.0.0.5 or a network like 10.0.0.0/8 is allowed.";
            }
        }
        if (Otlp is not null && !(Uri.TryCreate(Otlp, UriKind.Absolute, out var otlp) && otlp.Scheme is "http" or "https"))
            yield return $"{Section}:Otlp is not a url; an http or https url like http://localhost:4317 is allowed.";
        if (Outside(ReadinessDelay, TimeSpan.FromMinutes(10))) yield return Range(nameof(ReadinessDelay), ReadinessDelay, "0s to 10m");
        if (Outside(WarmUp, TimeSpan.FromMinutes(1))) yield return Range(nameof(WarmUp), WarmUp, "0s to 1m");
        if (Outside(ShutdownGrace, TimeSpan.FromMinutes(10))) yield return Range(nameof(ShutdownGrace), ShutdownGrace, "0s to 10m");
    }

    // The guard names its own properties; a reader of the message looks for keys.
    private IEnumerable<string> GuardFaults()
    {
        var guard = new SseHubGuardOptions();
        Configure(guard);
        return guard.Validate().Select(static fault => fault.StartsWith(nameof(SseHubGuardOptions.AllowedOrigins), StringComparison.Ordinal)
            ? $"{Section}:{nameof(CorsOrigins)}{fault[nameof(SseHubGuardOptions.AllowedOrigins).Length..]}"
            : $"{Section}:{fault}");
    }

    private static bool IsHeader(string text) =>
        text is not ("" or "*")
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    private static bool Outside(TimeSpan value, TimeSpan high) => value < TimeSpan.Zero || value > high;

    private static string Range(string name, TimeSpan value, string allowed) =>
        $"{Section}:{name} is {Durations.Format(value)}; {allowed} are allowed.";
}
