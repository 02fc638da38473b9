using AkkaSse.Hub;
using Npgsql;

namespace AkkaSse.Postgres;

/// <summary>The options of <see cref="PostgresEngine"/> on one node. Read once at start; every bound is checked by <see cref="Validate"/>.</summary>
/// <remarks>Nodes of one hub share lease and retention; give all of them the same values.</remarks>
public sealed class PostgresOptions
{
    /// <summary>The connection string, in Npgsql's form. It holds a password perhaps and is never logged.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// The connection string for LISTEN; null: <see cref="ConnectionString"/>. Give one when the other goes through a pooler in transaction mode: LISTEN needs a session.
    /// </summary>
    public string? ListenConnectionString { get; init; }

    /// <summary>
    /// True: an append is answered when it is on disk, and "acknowledged is never lost" holds. False: up to three times the server's <c>wal_writer_delay</c> of
    /// acknowledged events can be lost in a crash, and every restart begins new epochs. Default true.
    /// </summary>
    public bool SynchronousCommit { get; init; } = true;

    /// <summary>A node that has not renewed for this long is gone: its claims end and its jobs are taken over. 2 s to 5 min. Default 10 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections that append, each with its share of the streams, 1 to 16. Default 2: more only helps while commits wait for the disk.</summary>
    public int Appenders { get; init; } = 2;

    /// <summary>At most so many events in one commit, 1 to 10 000. Default 512.</summary>
    public int BatchEvents { get; init; } = 512;

    /// <summary>At most so many bytes of data in one commit (one publish may be larger), 1 KiB to 64 MiB. Default 1 MiB.</summary>
    public int BatchBytes { get; init; } = 1 << 20;

    /// <summary>How long a commit waits for a stream that somebody else has locked before it goes on without it, 10 ms to 10 s. Default 250 ms.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>At most one NOTIFY per node in this time, 0 to 1 s. Default 2 ms.</summary>
    public TimeSpan NotifyInterval { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How often the heads of the streams with readers are looked at, which bounds a lost wake-up; 100 ms to 1 min. Default 1 s.</summary>
    public TimeSpan HeadPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the outbox is looked at, 5 ms to 1 min. Default 50 ms.</summary>
    public TimeSpan OutboxPoll { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often a step of retention runs while there is nothing to delete, 100 ms to 1 h. Default 1 s.</summary>
    public TimeSpan RetentionPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of history pages kept for readers that catch up, 1 MiB to 64 GiB. Default 64 MiB.</summary>
    public long HistoryCacheBytes { get; init; } = 64L << 20;

    /// <summary>Longest pause between two attempts to connect, 50 ms to 1 min. The first is tried at once. Default 1 s.</summary>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How this node is reached by people, for <c>/v1/cluster</c>; null for nothing.</summary>
    public string? Address { get; init; }

    /// <summary>Lists every fault as "property: what is wrong and what is allowed"; empty when the options are valid. No fault repeats a connection string.</summary>
    public IEnumerable<string> Validate()
    {
        if (ConnectionFault(ConnectionString) is { } fault) yield return $"{nameof(ConnectionString)} {fault}";
        if (ListenConnectionString is not null && ConnectionFault(ListenConnectionString) is { } listen) yield return $"{nameof(ListenConnectionString)} {listen}";
        if (Outside(Lease, 2_000, 300_000)) yield return Range(nameof(Lease), Lease, "2s to 5m");
        if (Appenders is < 1 or > 16) yield return $"{nameof(Appenders)} is {Appenders}; 1 to 16 are allowed.";
        if (BatchEvents is < 1 or > 10_000) yield return $"{nameof(BatchEvents)} is {BatchEvents}; 1 to 10000 are allowed.";
        if (BatchBytes is < 1024 or > 64 << 20) yield return $"{nameof(BatchBytes)} is {BatchBytes}; 1024 to {64 << 20} are allowed.";
        if (Outside(LockTimeout, 10, 10_000)) yield return Range(nameof(LockTimeout), LockTimeout, "10ms to 10s");
        if (Outside(NotifyInterval, 0, 1_000)) yield return Range(nameof(NotifyInterval), NotifyInterval, "0ms to 1s");
        if (Outside(HeadPoll, 100, 60_000)) yield return Range(nameof(HeadPoll), HeadPoll, "100ms to 1m");
        if (Outside(OutboxPoll, 5, 60_000)) yield return Range(nameof(OutboxPoll), OutboxPoll, "5ms to 1m");
        if (Outside(RetentionPoll, 100, 3_600_000)) yield return Range(nameof(RetentionPoll), RetentionPoll, "100ms to 1h");
        if (HistoryCacheBytes is < 1 << 20 or > 64L << 30) yield return $"{nameof(HistoryCacheBytes)} is {HistoryCacheBytes}; {1 << 20} to {64L << 30} are allowed.";
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
        if (faults.Length > 0) throw new ArgumentException("The options of the PostgreSQL engine are invalid. " + string.Join(' ', faults), parameter);
    }

    private static string? ConnectionFault(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return "is empty; a connection string like Host=db;Username=hub;Password=...;Database=hub is needed.";
        try
        {
            return string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(text).Host) ? "has no Host." : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // The exception's text may repeat a value.
            return "is no connection string; the form is Host=db;Username=hub;Password=...;Database=hub.";
        }
    }

    private static bool Outside(TimeSpan value, int low, int high) => value.TotalMilliseconds < low || value.TotalMilliseconds > high;

    private static string Range(string name, TimeSpan value, string allowed) => $"{name} is {Durations.Format(value)}; {allowed} are allowed.";
}
