using System.Buffers.Binary;
using AkkaSse.Hub.Engine;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Values;

/// <summary>Small shared state that outlives the process: in memory, and in the store as records.</summary>
internal sealed class DurableValues(TimeProvider time) : IKeyValueEngine
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private StoreWriter _writer = null!;
    private long _version;
    private volatile bool _stopped;

    internal void Start(StoreWriter writer, IEnumerable<StoredRecord> records)
    {
        _writer = writer;
        var now = Now;
        foreach (var stored in records)
        {
            if (stored.Kind != RecordKind.Value || stored.Until <= now || stored.Data.Length < sizeof(long)) continue;
            var version = BinaryPrimitives.ReadInt64LittleEndian(stored.Data);
            _entries[stored.Key] = new Entry(stored.Data[sizeof(long)..], version, stored.Until);
            _version = Math.Max(_version, version);
        }
        // Versions of values that ended are not used again.
        _version = Math.Max(_version, now);
    }

    internal void Stop() => _stopped = true;

    public async ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, 64 << 10);
        var command = new ValueCommand(this, key, value.ToArray(), (long)ttl.TotalMilliseconds, expected);
        if (_stopped || !_writer.TryAdd(command)) return default;
        return await command.Done.ConfigureAwait(false) is { } answer ? new(answer.Holds ? answer.Version : null) : default;
    }

    public ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation)
    {
        if (_stopped) return default;
        lock (_gate)
        {
            return new(new EngineAnswer<VersionedValue?>(
                Live(key, Now) is { } e ? new VersionedValue(e.Value, e.Version) : null));
        }
    }

    public async ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation)
    {
        var command = new ValueCommand(this, key, null, 0, version);
        if (_stopped || !_writer.TryAdd(command)) return default;
        return await command.Done.ConfigureAwait(false) is { } answer ? new(answer.Holds) : default;
    }

    /// <summary>Forgets what has ended. The store does it by itself.</summary>
    internal void Sweep()
    {
        lock (_gate)
        {
            var now = Now;
            foreach (var (key, e) in _entries)
            {
                if (e.Until <= now) _entries.Remove(key);
            }
        }
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    // Under the gate.
    private Entry? Live(string key, long now) => _entries.TryGetValue(key, out var e) && e.Until > now ? e : null;

    private sealed record Entry(byte[] Value, long Version, long Until);

    /// <summary>Whether the expectation held, and the value's version.</summary>
    private readonly record struct Answer(bool Holds, long Version);

    /// <summary>Puts a value, or deletes it when there is none to put.</summary>
    private sealed class ValueCommand(DurableValues values, string key, byte[]? value, long ttl, long? expected) : StoreCommand
    {
        private readonly TaskCompletionSource<Answer?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Entry? _entry;
        private Answer _answer;

        /// <summary>Null: it was not stored.</summary>
        internal Task<Answer?> Done => _done.Task;

        internal override bool Decide(StoreTurn turn)
        {
            if (turn.Decided.Contains(key)) return false;
            Entry? present;
            lock (values._gate) present = values.Live(key, turn.Now);
            if (value is null ? present is null || (expected is { } version && present.Version != version)
                : expected is { } e && (present?.Version ?? 0) != e)
                return true;
            turn.Decided.Add(key);
            _answer = new Answer(true, ++values._version);
            if (value is null)
            {
                turn.Batch.DeleteRecord(RecordKind.Value, key);
                return true;
            }
            var data = new byte[sizeof(long) + value.Length];
            BinaryPrimitives.WriteInt64LittleEndian(data, _answer.Version);
            value.CopyTo(data, sizeof(long));
            _entry = new Entry(value, _answer.Version, turn.Now + ttl);
            turn.Batch.PutRecord(RecordKind.Value, key, _entry.Until, data);
            return true;
        }

        internal override void Applied(StoreTurn turn)
        {
            if (_answer.Holds)
            {
                lock (values._gate)
                {
                    if (_entry is null) values._entries.Remove(key);
                    else values._entries[key] = _entry;
                }
            }
            _done.TrySetResult(_answer);
        }

        internal override void Failed(Exception fault) => _done.TrySetResult(null);
    }
}
