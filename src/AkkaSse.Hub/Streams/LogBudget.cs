using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// Bytes that the chunks of all logs of a node hold, against their common bound, and against the bounds of namespaces. Thread-safe.
/// </summary>
public sealed class LogBudget
{
    private readonly HubOptions? _options;
    private readonly LogBudget?[]? _namespaces;
    private readonly LogBudget? _node;

    // Not counted: callers must not be able to have the audit trimmed. Its own options bound it.
    private readonly LogBudget? _audit;
    private long _used;

    /// <summary>A bound without namespaces.</summary>
    /// <param name="max">The bound in bytes.</param>
    public LogBudget(long max) => Max = max;

    /// <summary>The bound of a node, and those of its namespaces.</summary>
    /// <param name="options">The hub's options, which are not changed any more.</param>
    /// <param name="parts">1 for all of each bound; 2 for half of each, where something else takes the other half. At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="parts"/> is less than 1.</exception>
    public LogBudget(HubOptions options, int parts = 1)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        Max = options.MaxLogBytes / parts;
        _audit = new LogBudget(long.MaxValue);
        var all = options.ListNamespaces();
        if (!all.Any(static n => n.MaxLogBytes is not null)) return;
        _options = options;
        _namespaces = [.. all.Select(n => n.MaxLogBytes is { } max ? new LogBudget(max / parts, this) : null)];
    }

    private LogBudget(long max, LogBudget node)
    {
        Max = max;
        _node = node;
    }

    /// <summary>The bound.</summary>
    public long Max { get; }

    /// <summary>Bytes held now.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>True when logs must shrink.</summary>
    public bool IsExceeded => Used > Max;

    /// <summary>
    /// What a stream's log counts against: its namespace's own bound, where there is one, else this one. What counts against a namespace
    /// counts here too; but an append beyond this bound trims no log of a namespace that is within its own. The audit counts nowhere.
    /// </summary>
    /// <param name="stream">A valid name, or one of the hub's own.</param>
    public LogBudget Of(string stream) =>
        stream == HubNames.AuditStream ? _audit ?? this
        : _namespaces is { } all && _options!.NamespaceOf(stream) is { } found ? all[found.Index] ?? this : this;

    /// <summary>
    /// Trims logs until the bounds hold, the largest first: in each namespace that is beyond its bound its own; then, while the node is
    /// beyond its bound, those without a bound of their own; then all. The first two may leave a log empty. From time to time; one call at
    /// a time.
    /// </summary>
    /// <param name="logs">The logs that count here.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public void Shrink(IEnumerable<StreamLog> logs, long now)
    {
        ArgumentNullException.ThrowIfNull(logs);
        if (!IsExceeded && (_namespaces is null || !Array.Exists(_namespaces, static n => n is { IsExceeded: true }))) return;
        StreamLog[] all = [.. logs.Where(log => log.Budget != _audit)];
        foreach (var own in _namespaces ?? [])
        {
            if (own is { IsExceeded: true }) own.ShrinkWhole([.. all.Where(log => log.Budget == own)], now);
        }
        if (_namespaces is not null) ShrinkWhole([.. all.Where(log => log.Budget == this)], now);
        ShrinkTo(all, now);
    }

    internal void Add(long bytes)
    {
        Interlocked.Add(ref _used, bytes);
        _node?.Add(bytes);
    }

    // Many logs of one large event each are beyond the bound although each has but one chunk. They lose that too: else a tenant with many
    // streams would hold more than its bound, and the logs of those who keep theirs would be trimmed for it.
    private void ShrinkWhole(StreamLog[] logs, long now)
    {
        ShrinkTo(logs, now);
        foreach (var log in logs.OrderByDescending(static l => l.AllocatedBytes))
        {
            if (!IsExceeded) return;
            log.TrimWhole(now);
        }
    }

    // Each gives half of what it has, until the bound holds.
    private void ShrinkTo(StreamLog[] logs, long now)
    {
        while (IsExceeded)
        {
            var progress = false;
            foreach (var log in logs.OrderByDescending(static l => l.AllocatedBytes))
            {
                var half = log.AllocatedBytes / 2;
                while (IsExceeded && log.AllocatedBytes > half && log.TrimOldestChunk(now)) progress = true;
                if (!IsExceeded) return;
            }
            if (!progress) return;
        }
    }
}
