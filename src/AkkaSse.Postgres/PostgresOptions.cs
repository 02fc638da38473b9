using AkkaSse.Hub;
using Npgsql;

namespace AkkaSse.Postgres;

/// <summary>
/// The options of <see cref="PostgresEngine"/> on one node. The engine reads them once, at its start; <see cref="Validate"/> checks every
/// range.
/// </summary>
/// <remarks>All nodes of a hub need the same <see cref="Lease"/>. Not thread-safe; not to be changed after the start.</remarks>
public sealed class PostgresOptions
{
    /// <summary>The connection string, in Npgsql's form. Default empty, which is a fault. It is never logged.</summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// The connection string for LISTEN. Default null: <see cref="ConnectionString"/>. Set it when the other goes through a pooler in
    /// transaction mode: LISTEN needs a session. It is never logged.
    /// </summary>
    public string? ListenConnectionString { get; set; }

    /// <summary>
    /// Whether an append is answered only when it is on the database's disk. Default true: an acknowledged event is never lost. With false
    /// a crash of the database can lose the acknowledged events of up to three times its <c>wal_writer_delay</c>, and every restart of it
    /// begins new epochs.
    /// </summary>
    public bool SynchronousCommit { get; set; } = true;

    /// <summary>
    /// The time without a renewal after which a node counts as lost: the registrations of its clients end and other nodes take over its
    /// jobs. 2 s to 5 min. Default 10 s.
    /// </summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The number of connections that append; each has its share of the streams. 1 to 16. Default 2. More help only while commits wait for
    /// the disk.
    /// </summary>
    public int Appenders { get; set; } = 2;

    /// <summary>The largest number of events in one commit. 1 to 10 000. Default 512.</summary>
    public int BatchEvents { get; set; } = 512;

    /// <summary>
    /// The largest size of the events in one commit, texts and fields included. Bytes. 1 KiB to 64 MiB. Default 1 MiB.
    /// One publish may be larger.
    /// </summary>
    public int BatchBytes { get; set; } = 1 << 20;

    /// <summary>
    /// The time that a commit waits for a stream which another session has locked, before it goes on without that stream. 10 ms to 10 s.
    /// Default 250 ms.
    /// </summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The shortest time between two NOTIFY of one node. 0 s to 1 s. Default 2 ms.</summary>
    public TimeSpan NotifyInterval { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// The time between two reads of the heads of the streams that have readers. 100 ms to 1 min. Default 1 s. It bounds the delay after a
    /// lost NOTIFY.
    /// </summary>
    public TimeSpan HeadPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The time between two reads of the outbox. 5 ms to 1 min. Default 50 ms.</summary>
    public TimeSpan OutboxPoll { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The time between two steps of retention while there is nothing to delete. 100 ms to 1 h. Default 1 s.</summary>
    public TimeSpan RetentionPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The largest size of cached history pages, for readers that catch up. Bytes. 1 MiB to 64 GiB. Default 64 MiB.</summary>
    public long HistoryCacheBytes { get; set; } = 64L << 20;

    /// <summary>
    /// The longest pause between two attempts to connect; the first attempt comes at once. 50 ms to 1 min. Default 1 s.
    /// </summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The address of this node for people, as <c>/v1/cluster</c> shows it. Default null: none; the server sets its first url.
    /// </summary>
    public string? Address { get; set; }

    /// <summary>
    /// Lists every fault as one sentence that begins with the name of the property and says what is wrong and what is allowed; empty when
    /// the options are valid. No fault repeats a connection string.
    /// </summary>
    public IEnumerable<string> Validate()
    {
        if (ConnectionFault(ConnectionString) is { } fault) yield return $"{nameof(ConnectionString)} {fault}";
        if (ListenConnectionString is not null && ConnectionFault(ListenConnectionString) is { } listen)
            yield return $"{nameof(ListenConnectionString)} {listen}";
        if (Outside(Lease, 2_000, 300_000)) yield return Range(nameof(Lease), Lease, "2s to 5m");
        if (Appenders is < 1 or > 16) yield return $"{nameof(Appenders)} is {Appenders}; 1 to 16 are allowed.";
        if (BatchEvents is < 1 or > 10_000) yield return $"{nameof(BatchEvents)} is {BatchEvents}; 1 to 10000 are allowed.";
        if (BatchBytes is < 1024 or > 64 << 20) yield return $"{nameof(BatchBytes)} is {BatchBytes}; 1024 to {64 << 20} are allowed.";
        if (Outside(LockTimeout, 10, 10_000)) yield return Range(nameof(LockTimeout), LockTimeout, "10ms to 10s");
        if (Outside(NotifyInterval, 0, 1_000)) yield return Range(nameof(NotifyInterval), NotifyInterval, "0ms to 1s");
        if (Outside(HeadPoll, 100, 60_000)) yield return Range(nameof(HeadPoll), HeadPoll, "100ms to 1m");
        if (Outside(OutboxPoll, 5, 60_000)) yield return Range(nameof(OutboxPoll), OutboxPoll, "5ms to 1m");
        if (Outside(RetentionPoll, 100, 3_600_000)) yield return Range(nameof(RetentionPoll), RetentionPoll, "100ms to 1h");
        if (HistoryCacheBytes is < 1 << 20 or > 64L << 30)
            yield return $"{nameof(HistoryCacheBytes)} is {HistoryCacheBytes}; {1 << 20} to {64L << 30} are allowed.";
        if (Outside(MaxReconnectDelay, 50, 60_000)) yield return Range(nameof(MaxReconnectDelay), MaxReconnectDelay, "50ms to 1m");
    }

    /// <summary>Where the connection string points, for messages: nothing of it is a secret.</summary>
    internal string Server
    {
        get
        {
            var builder = new NpgsqlConnectionStringBuilder(ListenConnectionString ?? ConnectionString);
            // A socket's directory, several hosts, and a host with its port say where they are.
            return builder.Host!.AsSpan().ContainsAny(":,/") ? builder.Host! : $"{builder.Host}:{builder.Port}";
        }
    }

    internal void ThrowIfInvalid(string parameter)
    {
        var faults = Validate().ToArray();
        if (faults.Length > 0)
            throw new ArgumentException("The options of the PostgreSQL engine are invalid. " + string.Join(' ', faults), parameter);
    }

    private static string? ConnectionFault(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return "is empty; a connection string like Host=db;Username=hub;Password=...;Database=hub is needed.";
        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(parsed.Host)) return "has no Host.";
            if (parsed.Port is < 1 or > 65_535) return $"has the Port {parsed.Port}; 1 to 65535 are allowed.";
            // Npgsql itself says it only when something listens or writes binary data, some way into the start.
            return parsed.Multiplexing ? "has Multiplexing=true; the engine needs connections of its own, without it." : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // The exception's text may repeat a value.
            return WrongKeyword(text) is { } keyword
                ? $"has '{keyword}', which Npgsql does not know or whose value it cannot read; the form is "
                    + "Host=db;Username=hub;Password=...;Database=hub."
                : "is no connection string; the form is Host=db;Username=hub;Password=...;Database=hub.";
        }
    }

    // Null also for a keyword after a password: one with a semicolon that is not quoted would be half said.
    private static string? WrongKeyword(string text)
    {
        foreach (var part in text.Split(';'))
        {
            var end = part.IndexOf('=', StringComparison.Ordinal);
            var keyword = (end < 0 ? part : part[..end]).Trim();
            if (keyword.StartsWith("pass", StringComparison.OrdinalIgnoreCase) || keyword.Equals("pwd", StringComparison.OrdinalIgnoreCase))
                return null;
            if (keyword.Length == 0) continue;
            try
            {
                _ = new NpgsqlConnectionStringBuilder(part);
            }
            catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
            {
                return end < 0 ? null : keyword;
            }
        }
        return null;
    }

    private static bool Outside(TimeSpan value, int low, int high) => value.TotalMilliseconds < low || value.TotalMilliseconds > high;

    private static string Range(string name, TimeSpan value, string allowed) =>
        $"{name} is {Durations.Format(value)}; {allowed} are allowed.";
}
