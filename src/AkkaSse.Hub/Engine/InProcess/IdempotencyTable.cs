namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>
/// The idempotency keys of one stream: (principal, key) with the first answer and a hash of the event. Kept for the whole window; full, it
/// refuses and never forgets early. Under the log's lock.
/// </summary>
internal sealed class IdempotencyTable(int max, TimeSpan window)
{
    private readonly Dictionary<(string Principal, string Key), Entry> _entries = [];
    private readonly Queue<((string Principal, string Key) Id, long Until)> _order = new();

    internal int Count => _entries.Count;

    /// <summary>Looks a key up. Null: unknown, and there is space.</summary>
    internal AppendResult? Find(in PublishOptions options, ulong hash, StreamPosition head, long now)
    {
        Expire(now);
        if (_entries.TryGetValue((options.Principal ?? "", options.IdempotencyKey!), out var known))
        {
            return known.Hash == hash
                ? new AppendResult(PublishStatus.Accepted, new StreamPosition(known.Epoch, known.Offset))
                  {
                      HasOffset = known.HasOffset,
                      Duplicate = true,
                  }
                : new AppendResult(PublishStatus.KeyConflict, head)
                  {
                      Error = "The idempotency key was used with another event; use a new key.",
                  };
        }
        return _entries.Count < max ? null
            : new AppendResult(PublishStatus.KeyTableFull, head)
              {
                  Error = $"{max} idempotency keys are kept and none may be forgotten yet; try again later or without a key.",
              };
    }

    internal void Remember(in PublishOptions options, ulong hash, StreamPosition position, bool hasOffset, long now)
    {
        var id = (options.Principal ?? "", options.IdempotencyKey!);
        _entries[id] = new Entry(hash, position.Epoch, position.Offset, hasOffset);
        _order.Enqueue((id, now + (long)window.TotalMilliseconds));
    }

    /// <summary>Takes back what was remembered for an event that was not stored.</summary>
    internal void Forget(in PublishOptions options)
    {
        var id = (options.Principal ?? "", options.IdempotencyKey!);
        _entries.Remove(id);
        // Left in the queue, it would end the key's next life early.
        for (var left = _order.Count; left > 0; left--)
        {
            var next = _order.Dequeue();
            if (next.Id != id) _order.Enqueue(next);
        }
    }

    /// <summary>Forgets what is past the window.</summary>
    internal void Expire(long now)
    {
        while (_order.TryPeek(out var oldest) && oldest.Until <= now)
        {
            _order.Dequeue();
            _entries.Remove(oldest.Id);
        }
    }

    private readonly record struct Entry(ulong Hash, string Epoch, long Offset, bool HasOffset);
}
