namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>Small shared state of one process.</summary>
internal sealed class InProcessValues(TimeProvider time) : IKeyValueEngine
{
    private const int SweepAt = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private long _version;
    private int _sweepAt = SweepAt;

    public ValueTask<long?> PutAsync(string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, 64 << 10);
        var copy = value.ToArray();
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (expected is { } e && (Live(key, now)?.Version ?? 0) != e) return new((long?)null);
            if (_entries.Count >= _sweepAt)
            {
                foreach (var (k, v) in _entries)
                {
                    if (v.Until <= now) _entries.Remove(k);
                }
                _sweepAt = Math.Max(SweepAt, _entries.Count * 2);
            }
            _entries[key] = new Entry(copy, ++_version, now + ttl);
            return new(_version);
        }
    }

    public ValueTask<(ReadOnlyMemory<byte> Value, long Version)?> GetAsync(string key, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return new(Live(key, time.GetUtcNow()) is { } e ? (e.Value, e.Version) : ((ReadOnlyMemory<byte>, long)?)null);
        }
    }

    public ValueTask<bool> DeleteAsync(string key, long? version, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (Live(key, time.GetUtcNow()) is not { } e || (version is { } v && e.Version != v)) return new(false);
            _entries.Remove(key);
            return new(true);
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
