using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace OwnEngine.Engine;

/// <summary>
/// The idempotency keys of one stream, each with the answer to its first publish. A key is kept for the whole window: a full table refuses
/// further keys and forgets none early.
/// </summary>
/// <param name="max">At most so many keys.</param>
/// <param name="window">How long a key is kept.</param>
internal sealed class KeyTable(int max, TimeSpan window)
{
    private readonly Dictionary<(string Principal, string Key), (ulong Hash, AppendResult Answer)> _entries = [];
    private readonly Queue<((string Principal, string Key) Key, long Until)> _byAge = new();

    internal int Count => _entries.Count;

    /// <summary>The answer to a publish with a known key, or a refusal; null when the event is to be appended.</summary>
    internal AppendResult? Find(in PublishOptions options, ulong hash, StreamPosition head, long now)
    {
        Expire(now);
        if (_entries.TryGetValue(KeyOf(options), out var known))
        {
            return known.Hash == hash
                ? known.Answer with { Duplicate = true }
                : new AppendResult(PublishStatus.KeyConflict, head) { Error = "The idempotency key was used with another event." };
        }
        return _entries.Count < max
            ? null
            : new AppendResult(PublishStatus.KeyTableFull, head) { Error = $"{max} idempotency keys are kept, the most allowed." };
    }

    internal void Add(in PublishOptions options, ulong hash, in AppendResult answer, long now)
    {
        _entries[KeyOf(options)] = (hash, answer);
        _byAge.Enqueue((KeyOf(options), now + (long)window.TotalMilliseconds));
    }

    internal void Expire(long now)
    {
        while (_byAge.TryPeek(out var oldest) && oldest.Until <= now) _entries.Remove(_byAge.Dequeue().Key);
    }

    // A publisher without a principal is the anonymous one.
    private static (string Principal, string Key) KeyOf(in PublishOptions options) => (options.Principal ?? "", options.IdempotencyKey!);
}
