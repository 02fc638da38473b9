using System.Runtime.InteropServices;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Cluster.Streams;

/// <summary>What an owner asks about the cluster when it decides.</summary>
internal interface IStreamLimits
{
    /// <summary>
    /// Takes a place for one more stream; null, or why there is none. Given back by the removal, or when the creation was not committed.
    /// </summary>
    string? Take();

    /// <summary>A name for an epoch that none had before.</summary>
    string NewEpoch();
}

/// <summary>
/// Decides what a stream's owner proposes: the same decisions as every engine's. Looks at the state with everything that is proposed and
/// not yet committed, so that commits may be on their way while the next is decided; answers are held back until then. Pure: no clock and
/// no I/O. Not thread-safe.
/// </summary>
internal sealed class StreamDecider(string name, StreamState state, HubOptions options, IStreamLimits limits)
{
    private static readonly SseEvent s_emptyId = new() { Id = "", Data = "" };
    private static readonly SseEvent s_notUtf8 = new() { DataBytes = new byte[] { 0xFF } };

    private readonly Dictionary<KeyName, (UsedKey Used, long Index)> _proposed = [];
    private readonly Queue<(KeyName Name, long Index)> _proposedOrder = new();
    private readonly List<(KeyName Name, UsedKey Used)> _fresh = [];
    private string _epoch = state.Epoch;
    private long _head = state.Head;
    private long _base = state.Base;
    private bool _present = state.Present;
    private bool _declared = state.Declared;
    private StreamOptions _options = state.Options;

    /// <summary>Whether the stream exists when everything proposed is committed.</summary>
    internal bool IsPresent => _present;

    internal long Head => _head;

    private bool IsInternal => name[0] == '$';

    private int MaxKeys => options.MaxIdempotencyKeys;

    private StreamOptions Defaults => options.DefaultsOf(name);

    private RunFlags Flags =>
        (_options.Base64 ? RunFlags.Base64 : RunFlags.None) | (_options.Ids == StreamIds.Caller ? RunFlags.CallerIds : RunFlags.None);

    /// <summary>Decides one request.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="change">The command that gathers; its time is now.</param>
    /// <param name="segments">Gets what readers are to be given after the commit.</param>
    internal AppendOutcome[] Append(AppendRequest request, StreamChange change, List<EventRun> segments)
    {
        // A run without events has no offset: no log, and no reader's node, could do anything with it.
        if (request.Count < 1) return [Refused(PublishStatus.Invalid, "A publish between nodes has no events.")];
        if (request.Marks.IsEmpty && request.Keys.Length == 0)
        {
            if ((MayStand(request.MayCreate, transient: false) ?? Ensure(change)) is { } refusal)
                return [refusal with { Count = request.Count }];
            var first = _head + 1;
            Run(change, segments, request.Count, request.Items);
            return [Accepted(request.Count, first)];
        }
        return new Walk(this, request, change, segments).Decide();
    }

    /// <summary>Creates the stream or gives it options.</summary>
    /// <param name="wanted">Its options; null for those that it has, or would have.</param>
    /// <param name="change">The command that gathers.</param>
    /// <param name="limit">Why it may not be created; else null.</param>
    internal CreateStreamStatus Create(StreamOptions? wanted, StreamChange change, out string? limit)
    {
        limit = null;
        if (!_present)
        {
            limit = limits.Take();
            if (limit is not null) return CreateStreamStatus.LimitReached;
            Begin(wanted ?? Defaults, declared: true, change);
            return CreateStreamStatus.Created;
        }
        var updated = wanted is not null && wanted != _options;
        if (updated || !_declared)
        {
            _options = wanted ?? _options;
            _declared = true;
            change.SetOptions(_options, declared: true);
        }
        return updated ? CreateStreamStatus.Updated : CreateStreamStatus.Unchanged;
    }

    /// <summary>Removes the stream; false when it does not exist.</summary>
    internal bool Remove(StreamChange change, bool isExplicit = true)
    {
        if (!_present) return false;
        _present = _declared = false;
        change.Remove(isExplicit);
        return true;
    }

    /// <summary>Drops what is retained; false when the stream does not exist.</summary>
    internal bool Clear(StreamChange change)
    {
        if (!_present) return false;
        change.Clear();
        return true;
    }

    /// <summary>
    /// Removes a stream that nobody declared, reads, or keeps anything in, after its time. Only while nothing is proposed.
    /// </summary>
    internal bool RemoveIdle(StreamChange change)
    {
        if (!_present || _declared || !state.IsIdle(change.At)) return false;
        return Remove(change, isExplicit: false);
    }

    /// <summary>Continuity could not be proven: an epoch begins, and what is known of the old one's options goes on.</summary>
    internal void BeginEpoch(StreamHeader? old, StreamChange change)
    {
        if (old is not { Present: true } || limits.Take() is not null) return;
        Begin(old.Options, old.Declared, change, isNewEpoch: true);
    }

    /// <summary>The command was proposed and has this index.</summary>
    internal void Proposed(long index)
    {
        foreach (ref readonly var fresh in CollectionsMarshal.AsSpan(_fresh))
        {
            _proposed[fresh.Name] = (fresh.Used, index);
            _proposedOrder.Enqueue((fresh.Name, index));
        }
        _fresh.Clear();
    }

    /// <summary>Commands up to this index are committed, and applied to the state.</summary>
    internal void Committed(long index)
    {
        while (_proposedOrder.TryPeek(out var oldest) && oldest.Index <= index)
        {
            _proposedOrder.Dequeue();
            _proposed.Remove(oldest.Name);
        }
    }

    private AppendOutcome Accepted(int count, long first) =>
        new(count, PublishStatus.Accepted, _epoch, first) { HasOffset = true, CallerIds = _options.Ids == StreamIds.Caller };

    private AppendOutcome Refused(PublishStatus status, string error) => new(1, status, _epoch, _head) { Error = error };

    // Null: the stream exists, or may be created by this.
    private AppendOutcome? MayStand(bool mayCreate, bool transient)
    {
        if (_present || IsInternal) return null;
        if (!mayCreate) return Refused(PublishStatus.NoStream, $"The stream '{name}' does not exist.");
        return transient ? Refused(
            PublishStatus.NoStream, $"The stream '{name}' does not exist, and an event without data creates none.") : null;
    }

    // Null: the stream exists now.
    private AppendOutcome? Ensure(StreamChange change)
    {
        if (_present) return null;
        if (limits.Take() is { } limit) return Refused(PublishStatus.LimitReached, limit);
        Begin(Defaults, declared: false, change);
        return null;
    }

    private void Begin(StreamOptions chosen, bool declared, StreamChange change, bool isNewEpoch = false)
    {
        if (isNewEpoch || _epoch == StreamPosition.NoEpoch)
        {
            _epoch = limits.NewEpoch();
            _base = _head = 0;
            change.BeginEpoch(_epoch, _base, DecimalIds.Base(change.At));
        }
        _present = true;
        _declared = declared;
        _options = chosen;
        change.Create(chosen, declared);
    }

    private void Run(StreamChange change, List<EventRun> segments, int count, ReadOnlyMemory<byte> blob)
    {
        change.Run(count, Flags, blob.Span);
        segments.Add(new EventRun(_head + 1, count, change.At, Flags, blob));
        _head += count;
    }

    private int KeysInUse(long now) => state.Keys.Count(now) + _proposed.Count + _fresh.Count;

    private bool TryFind(in KeyName key, long now, out UsedKey used)
    {
        foreach (ref readonly var fresh in CollectionsMarshal.AsSpan(_fresh))
        {
            if (fresh.Name == key)
            {
                used = fresh.Used;
                return true;
            }
        }
        if (_proposed.TryGetValue(key, out var proposed))
        {
            used = proposed.Used;
            return true;
        }
        return state.Keys.TryGet(key, now, out used);
    }

    // A request that has something to look at, item by item.
    private ref struct Walk(StreamDecider decider, AppendRequest request, StreamChange change, List<EventRun> segments)
    {
        private readonly List<AppendOutcome> _outcomes = [];
        private int _item;
        private int _at;
        private int _key;

        // What is accepted and lies behind one another in the request's bytes, and is not yet in the command.
        private int _runStart;
        private int _runCount;

        internal AppendOutcome[] Decide()
        {
            while (_item < request.Count)
            {
                if (_key < request.Keys.Length && request.Keys[_key].Index == _item) Keyed(request.Keys[_key++]);
                else Take(Fault(Marks()));
            }
            Flush();
            return [.. _outcomes];
        }

        private readonly ItemMarks Marks() =>
            request.Marks.IsEmpty ? request.MayCreate ? ItemMarks.MayCreate : ItemMarks.None : (ItemMarks)request.Marks.Span[_item];

        // Null: this item may stand on the stream. A key that is known creates none.
        private readonly AppendOutcome? Fault(ItemMarks marks)
        {
            if (decider.MayStand((marks & ItemMarks.MayCreate) != 0, (marks & ItemMarks.Transient) != 0) is { } refusal) return refusal;
            var options = decider._present ? decider._options : decider.Defaults;
            if ((marks & ItemMarks.EmptyId) != 0 && EventRules.CheckFor(s_emptyId, options) is { } id)
                return decider.Refused(PublishStatus.Invalid, id);
            if ((marks & ItemMarks.NotUtf8) != 0 && EventRules.CheckFor(s_notUtf8, options) is { } data)
                return decider.Refused(PublishStatus.Invalid, data);
            return null;
        }

        private void Keyed(in KeyUse use)
        {
            var end = Math.Min(use.Index + use.Count, request.Count);
            var fault = Fault(Marks());
            // A run is decided as a whole but for items that the stream does not take.
            if (fault is not null && (use.Count == 1 || !decider._present))
            {
                while (_item < end) Take(fault);
                return;
            }
            if (decider.TryFind(use.Name, change.At, out var used))
            {
                if (used.Hash != use.Hash)
                {
                    var conflict = decider.Refused(
                        PublishStatus.KeyConflict, "The idempotency key was used with another event; use a new key.");
                    while (_item < end) Take(conflict);
                }
                else
                {
                    Repeat(used, end);
                }
                return;
            }
            if (decider.KeysInUse(change.At) >= decider.MaxKeys)
            {
                var full = decider.Refused(
                    PublishStatus.KeyTableFull,
                    $"{decider.MaxKeys} idempotency keys are kept and none may be forgotten yet; try again later or without a key.");
                while (_item < end) Take(full);
                return;
            }
            Flush();
            if (decider.Ensure(change) is { } limit)
            {
                while (_item < end) Take(limit);
                return;
            }
            var first = decider._head + 1;
            while (_item < end) Take(Fault(Marks()));
            Flush();
            var hasOffset = decider._head >= first;
            var entry = new UsedKey(use.Hash, decider._epoch, hasOffset || use.Count > 1 ? first : decider._head, hasOffset, change.At);
            change.Key(use.Name, entry);
            decider._fresh.Add((use.Name, entry));
        }

        // The first answer again, for each item of the run.
        private void Repeat(in UsedKey used, int end)
        {
            Flush();
            var next = used.First;
            while (_item < end)
            {
                var marks = Marks();
                if (Fault(marks) is { } fault)
                {
                    Take(fault);
                    continue;
                }
                var hasOffset = (marks & ItemMarks.Transient) == 0;
                Add(new AppendOutcome(1, PublishStatus.Accepted, used.Epoch, hasOffset ? next++ : used.HasOffset ? next - 1 : next)
                {
                    HasOffset = hasOffset,
                    Duplicate = true,
                    CallerIds = decider._options.Ids == StreamIds.Caller,
                });
                Pass();
            }
        }

        private void Take(AppendOutcome? refusal)
        {
            if ((refusal ?? decider.Ensure(change)) is { } no)
            {
                Flush();
                Add(no with { Offset = decider._head });
                Pass();
                return;
            }
            if ((Marks() & ItemMarks.Transient) != 0)
            {
                Flush();
                var size = EventBlob.SizeAt(request.Items.Span, _at);
                segments.Add(new EventRun(decider._head, 1, change.At, RunFlags.Transient, request.Items.Slice(_at, size)));
                Add(new AppendOutcome(1, PublishStatus.Accepted, decider._epoch, decider._head));
                Pass();
                return;
            }
            if (_runCount++ == 0) _runStart = _at;
            Pass();
        }

        private void Pass()
        {
            _at += EventBlob.SizeAt(request.Items.Span, _at);
            _item++;
        }

        private void Flush()
        {
            if (_runCount == 0) return;
            var first = decider._head + 1;
            // The run ends where the walk stands, or before the item that it is just passing over.
            decider.Run(change, segments, _runCount, request.Items[_runStart.._at]);
            Add(decider.Accepted(_runCount, first));
            _runCount = 0;
        }

        private readonly void Add(in AppendOutcome outcome)
        {
            if (_outcomes.Count > 0)
            {
                var last = _outcomes[^1];
                var follows = outcome.HasOffset ? last.Offset + last.Count : last.Offset;
                if (last with { Count = outcome.Count, Offset = outcome.Offset } == outcome && follows == outcome.Offset)
                {
                    _outcomes[^1] = last with { Count = last.Count + outcome.Count };
                    return;
                }
            }
            _outcomes.Add(outcome);
        }
    }
}
