using AkkaSse.Hub.Engine;

namespace OwnEngine.Engine;

/// <summary>Small values with a version and an end, in which the hub keeps managed subscriptions and the like.</summary>
internal sealed class ListValues(ListEngine engine) : IKeyValueEngine
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (byte[] Bytes, long Version, DateTimeOffset Until)> _values = new(StringComparer.Ordinal);
    private int _lookAt = 1_000;
    private long _version;

    public ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation)
    {
        if (engine.Host is not { } host) return default;
        lock (_gate)
        {
            var now = host.Time.GetUtcNow();
            if (expected is { } version && version != (Find(key, now)?.Version ?? 0)) return new(new EngineAnswer<long?>(null));
            if (_values.Count >= _lookAt) DropExpired(now);
            _values[key] = (value.ToArray(), ++_version, now + ttl);
            return new(new EngineAnswer<long?>(_version));
        }
    }

    public ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation)
    {
        if (engine.Host is not { } host) return default;
        lock (_gate) return new(new EngineAnswer<VersionedValue?>(Find(key, host.Time.GetUtcNow())));
    }

    public ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation)
    {
        if (engine.Host is not { } host) return default;
        lock (_gate)
        {
            var deleted = Find(key, host.Time.GetUtcNow()) is { } found && (version is null || version == found.Version);
            if (deleted) _values.Remove(key);
            return new(new EngineAnswer<bool>(deleted));
        }
    }

    private VersionedValue? Find(string key, DateTimeOffset now) =>
        _values.TryGetValue(key, out var value) && value.Until > now ? new VersionedValue(value.Bytes, value.Version) : null;

    // Values that nobody asks for again: looked for each time that there are twice as many as the last time.
    private void DropExpired(DateTimeOffset now)
    {
        foreach (var (key, value) in _values)
        {
            if (value.Until <= now) _values.Remove(key);
        }
        _lookAt = Math.Max(1_000, _values.Count * 2);
    }
}
