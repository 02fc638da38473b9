using System.Globalization;
using System.Net;
using System.Text;
using AkkaSse.LoadRig.Load;

namespace AkkaSse.LoadRig.Configuration;

/// <summary>The rig's switches: each stands here once, with its default and meaning, and help and parsing are made from that.</summary>
internal static class CommandLine
{
    // Null in place of a default: depends on the mode, see Plan.
    private static readonly (string Name, string Value, string? Preset, string Meaning)[] Switches =
    [
        ("--url", "URL", null, "Server, http on a loopback address, like http://127.0.0.1:8080. Needed."),
        ("--path", "TEMPLATE", "/v1/streams/load-{s}/events",
            "What a reader asks for; {s} is the stream's number, {c} the connection's. Targeted: /v1/events?client=load-{s}"),
        ("--pub-path", "TEMPLATE", "/v1/streams/load-{s}/events", "Where events are published. Targeted: /v1/clients/load-{s}/events"),
        ("--pub-url", "URL", null, "Server to publish to, when it is another node than the readers'. Default: --url."),
        ("--pub-method", "METHOD", "POST", "Method of a publish."),
        ("--pub-body", "TEMPLATE", "{payload}", "Body of a publish; with --batch, of each event in it."),
        ("--header", "HEADER", null, "Header of readers and publishes, 'Name: value'. Repeatable."),
        ("--sub-header", "HEADER", null, "Header of readers. Repeatable."),
        ("--pub-header", "HEADER", null, "Header of publishes. Repeatable."),
        ("--conns", "N", "1000", "Readers. Ingest: 0."),
        ("--streams", "N", "1", "Streams over which the readers are spread. Streams: 100; targeted: one per reader."),
        ("--size", "BYTES", "200", "Data of an event."),
        ("--events", "N", "1000", "Events of the measured phase. Slow: 20000."),
        ("--warmup", "N", "100", "Events before it."),
        ("--rate", "N", "0", "Events per second, sent when due whatever the server does; 0 for as fast as it answers."),
        ("--pub-conns", "N", "1", "Connections that publish."),
        ("--pub-depth", "N", "1", "Publishes without an answer per connection."),
        ("--batch", "N", "1",
            "Events of one stream per publish: so many times the body, one per line. Above 1 the presets of path and body are /v1/batch " +
            "and its JSON lines. Rates and counts stay those of events."),
        ("--window", "N", "0", "At most so many events undelivered; 0 for no bound."),
        ("--stalled", "N", "0", "Slow: readers that stop reading. 10."),
        ("--burst", "N", "256", "Connects under way at a time. Storm, resume: all."),
        ("--max-secs", "S", "15", "Longest time of publishing."),
        ("--drain-secs", "S", "3", "How long to wait for deliveries when nothing moves any more."),
        ("--connect-secs", "S", "60", "Longest time to connect."),
        ("--idle-secs", "S", "1", "Quiet time after connecting, in which memory is measured."),
        ("--collect", "", null,
            "Idle, storm: collect the garbage of the .NET processes among --server-pid each time before their memory is read."),
        ("--server-pid", "PID[,PID]", null, "Processes whose CPU and memory are read from /proc, their descendants too."),
        ("--label", "TEXT", "", "Stands in the result."),
        ("--json", "", null, "One line of JSON instead of a table."),
        ("--spin", "", null, "Never sleep in epoll: lower latency of the rig, a whole core used."),
    ];

    internal static string Help()
    {
        var text = new StringBuilder("""
            Loads an SSE server with many connections, checks every event for loss, duplicates and order, and says what it took.
            Linux only (epoll); loopback only; bounded in connections, events and time.

              AkkaSse.LoadRig MODE --url URL [switches]
              AkkaSse.LoadRig report FILE [--baseline NAME]     a Markdown table of results, one JSON line each, labelled CASE/SERVER

            Modes:
              fanout     all readers read one stream
              streams    the readers are spread over many streams
              targeted   each event goes to one client by its id, at random
              ingest     publishing without readers
              idle       connections that get nothing: what they cost
              storm      all readers connect at once
              resume     all readers are cut, miss the events, and come back at once with their positions; publishes to a stream that
                         nobody reads are timed before and meanwhile
              slow       some readers stop reading: what the others feel, and what the stalled ones are told

            Switches:

            """);
        foreach (var (name, value, preset, meaning) in Switches)
            text.Append(CultureInfo.InvariantCulture,
                $"  {$"{name} {value}",-24} {meaning}{(string.IsNullOrEmpty(preset) ? "" : $" Default {preset}")}\n");
        text.Append("\nExit code: 0 clean, 1 when anything was lost, doubled, out of order, refused or cut, 2 for a wrong call.\n");
        return text.ToString();
    }

    /// <summary>Reads the switches after the mode.</summary>
    /// <exception cref="RigException">They are wrong; the message says all that is.</exception>
    internal static (RigPlan Plan, bool Json) Parse(RigMode mode, IReadOnlyList<string> arguments)
    {
        var given = Read(arguments);
        string One(string name, string? preset = null) =>
            given.TryGetValue(name, out var values) ? values[^1]
                : preset ?? Switches.Single(s => s.Name == name).Preset ?? throw new RigException($"{name} is needed.");
        IReadOnlyList<string> Many(params string[] names) => [.. names.SelectMany(n => given.GetValueOrDefault(n) ?? [])];
        var readFrom = Server("--url", One("--url"));
        var publishTo = Server("--pub-url", One("--pub-url", One("--url")));
        var batch = Number<int>("--batch", One("--batch"));
        var connections = Number<int>("--conns", One("--conns", mode == RigMode.Ingest ? "0" : null));
        var targeted = mode == RigMode.Targeted;
        var everything = mode is RigMode.Storm or RigMode.Resume;
        var plan = new RigPlan
        {
            Mode = mode,
            Server = readFrom,
            PublishServer = publishTo,
            Batch = batch,
            Path = One("--path", targeted ? "/v1/events?client=load-{s}" : null),
            PublishPath = One("--pub-path", targeted ? "/v1/clients/load-{s}/events" : batch > 1 ? "/v1/batch" : null),
            PublishMethod = One("--pub-method"),
            PublishBody = One("--pub-body", batch > 1 ? "{\"stream\":\"load-{s}\",\"data\":\"{payload}\"}" : null),
            ReaderHeaders = Many("--header", "--sub-header"),
            PublishHeaders = Many("--header", "--pub-header"),
            Connections = connections,
            Streams = targeted ? connections : Number<int>("--streams", One("--streams", mode == RigMode.Streams ? "100" : null)),
            Size = Number<int>("--size", One("--size")),
            Events = Number<long>("--events", One("--events", mode == RigMode.Slow ? "20000" : null)),
            Warmup = Number<long>("--warmup", One("--warmup")),
            Rate = Number<double>("--rate", One("--rate")),
            Publishers = Number<int>("--pub-conns", One("--pub-conns")),
            Depth = Number<int>("--pub-depth", One("--pub-depth")),
            Window = Number<int>("--window", One("--window")),
            Stalled = Number<int>("--stalled", One("--stalled", mode == RigMode.Slow ? "10" : null)),
            Burst = Number<int>("--burst",
                One("--burst", everything ? RigPlan.MaxConnections.ToString(CultureInfo.InvariantCulture) : null)),
            PublishSeconds = Number<double>("--max-secs", One("--max-secs")),
            DrainSeconds = Number<double>("--drain-secs", One("--drain-secs")),
            ConnectSeconds = Number<double>("--connect-secs", One("--connect-secs")),
            IdleSeconds = Number<double>("--idle-secs", One("--idle-secs")),
            ServerPids = [.. Many("--server-pid").SelectMany(static v => v.Split(',')).Select(static v => Number<int>("--server-pid", v))],
            Collect = given.ContainsKey("--collect"),
            Spin = given.ContainsKey("--spin"),
            Label = One("--label"),
        };
        var faults = plan.Faults().ToArray();
        return faults.Length == 0 ? (plan, given.ContainsKey("--json")) : throw new RigException(string.Join('\n', faults));
    }

    private static Dictionary<string, List<string>> Read(IReadOnlyList<string> arguments)
    {
        var given = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            var known = Switches.FirstOrDefault(s => s.Name == arguments[i]);
            if (known.Name is null) throw new RigException($"{arguments[i]} is not known; --help lists what is.");
            if (!given.TryGetValue(known.Name, out var values)) given[known.Name] = values = [];
            if (known.Value.Length == 0) continue;
            if (++i == arguments.Count) throw new RigException($"{known.Name} needs {known.Value}.");
            values.Add(arguments[i]);
        }
        return given;
    }

    private static IPEndPoint Server(string name, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme != "http" || url.HostNameType == UriHostNameType.IPv6)
            throw new RigException($"{name} is '{text}'; an http URL with a loopback IPv4 address or localhost is allowed.");
        return IPAddress.TryParse(url.Host == "localhost" ? "127.0.0.1" : url.Host, out var address)
            ? new IPEndPoint(address, url.Port)
            : throw new RigException($"'{url.Host}' is no address; 127.0.0.1 and localhost are.");
    }

    private static T Number<T>(string name, string text)
        where T : IParsable<T> =>
        T.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number
            : throw new RigException($"{name} is '{text}'; a number is needed.");
}
