namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>Small shared state of one process.</summary>
internal sealed class InProcessValues(TimeProvider time) : IKeyValueEngine
{
    private const int SweepAt = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _version;
    private int _sweepAt = SweepAt;
    private volatile bool _stopped;

    /// <summary>Nothing is known from now on.</summary>
    internal void Stop() => _stopped = true;

    public ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, 64 << 10);
        if (_stopped) return default;
        var copy = value.ToArray();
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (expected is { } e && (Live(key, now)?.Version ?? 0) != e) return new(new EngineAnswer<long?>(null));
            if (_entries.Count >= _sweepAt)
            {
                foreach (var (k, v) in _entries)
                {
                    if (v.Until <= now) _entries.Remove(k);
                }
                _sweepAt = Math.Max(SweepAt, _entries.Count * 2);
            }
            _entries[key] = new Entry(copy, ++_version, now + ttl);
            return new(new EngineAnswer<long?>(_version));
        }
    }

    public ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_gate)
        {
            return new(new EngineAnswer<VersionedValue?>(
                Live(key, time.GetUtcNow()) is { } e ? new VersionedValue(e.Value, e.Version) : null));
        }
    }

    public ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_gate)
        {
            if (Live(key, time.GetUtcNow()) is not { } e || (version is { } v && e.Version != v)) return new(new EngineAnswer<bool>(false));
            _entries.Remove(key);
            return new(new EngineAnswer<bool>(true));
        }
    }

    private Entry? Live(string key, DateTimeOffset now)
    {
        if (!_entries.TryGetValue(key, out var e)) return null;
        if (e.Until > now) return e;
        _entries.Remove(key);
        return null;
    }

    private sealed record Entry(byte[] Value, long Version, DateTimeOffset Until);
}
