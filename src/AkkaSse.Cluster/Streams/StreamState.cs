using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// One stream as its replicated log makes it. Pure: the only clock is the commands'. Retention by number and bytes holds after every
/// command; what is too old or has expired is not given out, and dropped by <see cref="Sweep"/>. Replicas may differ in how much of that
/// they still hold, never in what an offset is. Not thread-safe.
/// </summary>
/// <param name="keyWindow">How long idempotency keys are kept, in milliseconds.</param>
internal sealed class StreamState(long keyWindow) : IReplicatedState
{
    // A live-only stream's events are there for the nodes to fetch: as many as their logs keep.
    private const long LiveOnlyAge = 60_000;

    private static readonly long s_tombstoneTime = (long)Epochs.KeptAfterRemoval.TotalMilliseconds;

    private readonly RunLog _runs = new();
    private readonly long _keyWindow = keyWindow;

    internal string Epoch { get; private set; } = StreamPosition.NoEpoch;

    internal long Base { get; private set; }

    internal long IdBase { get; private set; }

    internal long Head { get; private set; }

    internal long First { get; private set; } = 1;

    internal long LostThrough { get; private set; }

    internal long ClearedThrough { get; private set; }

    internal bool Present { get; private set; }

    internal bool RemovedExplicitly { get; private set; }

    internal bool Declared { get; private set; }

    internal StreamOptions Options { get; private set; } = StreamHeader.None.Options;

    internal long CreatedAt { get; private set; }

    internal long ChangedAt { get; private set; }

    internal KeyTable Keys { get; private set; } = new(keyWindow);

    internal RunLog Runs => _runs;

    internal bool HasEpoch => Epoch != StreamPosition.NoEpoch;

    internal long Retained => Head - First + 1;

    internal StreamHeader Header => new()
    {
        Epoch = Epoch,
        Base = Base,
        IdBase = IdBase,
        Head = Head,
        First = First,
        LostThrough = LostThrough,
        ClearedThrough = ClearedThrough,
        Present = Present,
        RemovedExplicitly = RemovedExplicitly,
        Declared = Declared,
        Options = Options,
        CreatedAt = CreatedAt,
        ChangedAt = ChangedAt,
        Bytes = _runs.Size,
    };

    /// <summary>Applies a committed command; an empty one changes nothing.</summary>
    /// <exception cref="FormatException">A newer version's step: this node must not be in a cluster with it.</exception>
    internal void Apply(ReadOnlyMemory<byte> command)
    {
        if (command.IsEmpty) return;
        var from = new WireReader(command);
        var at = from.Int();
        while (from.HasMore)
        {
            switch ((ChangeStep)from.Byte())
            {
                case ChangeStep.Begin:
                    Begin(from.RequiredText(), from.Int(), from.Int());
                    break;
                case ChangeStep.Create:
                    Options = OptionsCodec.Read(ref from);
                    Declared = from.Bool();
                    Present = true;
                    RemovedExplicitly = false;
                    CreatedAt = at;
                    break;
                case ChangeStep.Options:
                    Options = OptionsCodec.Read(ref from);
                    Declared = from.Bool();
                    break;
                case ChangeStep.Run:
                    Add(new EventRun(Head + 1, (int)from.UInt(), at, (RunFlags)from.Byte(), from.Blob()));
                    break;
                case ChangeStep.Key:
                    Keys.Add(new KeyName(from.Text() ?? "", from.RequiredText()), new UsedKey(
                        from.Fixed64(), Epoch, from.Int(), from.Bool(), at));
                    break;
                case ChangeStep.Clear:
                    DropAll();
                    break;
                case ChangeStep.Remove:
                    RemovedExplicitly = from.Bool();
                    Present = Declared = false;
                    DropAll();
                    break;
                case var step:
                    throw new FormatException($"Step {(byte)step} of a stream's command is not known to this version.");
            }
        }
        ChangedAt = Math.Max(ChangedAt, at);
        Bound();
    }

    /// <summary>Whether it may be removed once nobody reads it: nobody declared it, nothing is kept, and its time is over.</summary>
    internal bool IsIdle(long now) => Present && !Declared && Retained == 0 && Options.IdleRemoval is { } idle
        && now - ChangedAt > (long)idle.TotalMilliseconds && Keys.Count(now) == 0;

    /// <summary>Whether nothing of it need be kept: it was removed so long ago that its epoch need not go on.</summary>
    internal bool IsForgettable(long now) => HasEpoch && !Present && now - ChangedAt > s_tombstoneTime && Keys.Count(now) == 0;

    /// <summary>Drops what is too old or has expired, and keys past their window.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    internal void Sweep(long now)
    {
        Keys.Expire(now);
        var oldest = now - (Options.Replay ? (long)Options.MaxAge.TotalMilliseconds : LiveOnlyAge);
        while (_runs.Count > 0 && _runs[0].At < oldest) DropOldestRun(lost: true);
        DropExpired(now);
    }

    /// <summary>Drops the oldest half because the node's bound of bytes is exceeded. False when there is nothing to drop.</summary>
    internal bool Shrink()
    {
        if (_runs.Count == 0) return false;
        var wanted = _runs.Size / 2;
        while (_runs.Count > 0 && _runs.Size > wanted) DropOldestRun(lost: true);
        return true;
    }

    /// <summary>Whether the event that begins there at this place of a run may still be given out.</summary>
    internal bool IsLive(in EventRun run, int at, long now)
    {
        var expiry = EventBlob.ExpiryAt(run.Blob.Span, at, run.At);
        if (expiry == 0 && Options.Ttl is { } ttl) expiry = run.At + (long)ttl.TotalMilliseconds;
        return expiry == 0 || expiry > now;
    }

    public void Apply(Entry entry)
    {
        if (entry.Command is StreamCommand command) Apply(command.Bytes);
    }

    object IReplicatedState.Snapshot() => Snapshot();

    /// <summary>All of it at this moment; immutable.</summary>
    internal StreamSnapshot Snapshot() => new(Header, _runs.ToArray(), Keys.ToArray());

    internal static StreamState Of(StreamSnapshot snapshot, long keyWindow)
    {
        var h = snapshot.Header;
        var state = new StreamState(keyWindow)
        {
            Epoch = h.Epoch,
            Base = h.Base,
            IdBase = h.IdBase,
            Head = h.Head,
            First = h.First,
            LostThrough = h.LostThrough,
            ClearedThrough = h.ClearedThrough,
            Present = h.Present,
            RemovedExplicitly = h.RemovedExplicitly,
            Declared = h.Declared,
            Options = h.Options,
            CreatedAt = h.CreatedAt,
            ChangedAt = h.ChangedAt,
        };
        foreach (ref readonly var run in snapshot.Runs.AsSpan()) state._runs.Add(run);
        foreach (ref readonly var key in snapshot.Keys.AsSpan()) state.Keys.Add(key.Name, key.Used);
        return state;
    }

    private void Begin(string epoch, long baseOffset, long idBase)
    {
        _runs.Clear();
        Keys = new KeyTable(_keyWindow);
        Epoch = epoch;
        Base = Head = baseOffset;
        First = baseOffset + 1;
        IdBase = idBase;
        LostThrough = ClearedThrough = 0;
        Present = RemovedExplicitly = Declared = false;
    }

    private void Add(in EventRun run)
    {
        _runs.Add(run);
        Head = run.Last;
    }

    private void DropAll()
    {
        _runs.Clear();
        LostThrough = ClearedThrough = Head;
        First = Head + 1;
    }

    private void Bound()
    {
        if (_runs.Count == 0) return;
        if (Options.Replay)
        {
            if (Retained > Options.MaxEvents) DropBefore(Head - Options.MaxEvents + 1);
            while (_runs.Size > Options.MaxBytes && First < Head) DropToBytes(Options.MaxBytes);
        }
        else
        {
            while (_runs.Count > 1 && IsSurplusOfLiveOnly(_runs[0])) DropOldestRun(lost: true);
        }
    }

    private bool IsSurplusOfLiveOnly(in EventRun run) =>
        _runs.Size - run.Size > StreamLog.LiveOnlyBytes && Retained - run.Count > StreamLog.LiveOnlyEvents;

    // Whole runs while that is enough, then event by event of the one that is too much; never the newest event.
    private void DropToBytes(long most)
    {
        if (_runs.Count > 1 && _runs.Size - _runs[0].Size >= most)
        {
            DropOldestRun(lost: true);
            return;
        }
        ref var run = ref _runs[0];
        var surplus = _runs.Size - most;
        var next = run.First;
        var at = 0;
        while (surplus > 0 && next <= run.Last && next < Head)
        {
            var size = EventBlob.SizeAt(run.Blob.Span, at);
            at += size;
            surplus -= size + EventRun.Overhead;
            next++;
        }
        DropBefore(next);
    }

    private void DropBefore(long first)
    {
        while (_runs.Count > 0 && _runs[0].Last < first) DropOldestRun(lost: true);
        if (_runs.Count > 0 && _runs[0].First < first) _runs.CutOldest(first);
        if (first <= First) return;
        LostThrough = Math.Max(LostThrough, first - 1);
        First = first;
    }

    private void DropOldestRun(bool lost)
    {
        var last = _runs[0].Last;
        _runs.DropOldest();
        First = last + 1;
        if (lost) LostThrough = Math.Max(LostThrough, last);
    }

    private void DropExpired(long now)
    {
        while (_runs.Count > 0)
        {
            var run = _runs[0];
            var at = 0;
            var next = run.First;
            while (next <= run.Last && !IsLive(run, at, now))
            {
                at += EventBlob.SizeAt(run.Blob.Span, at);
                next++;
            }
            if (next == run.First) return;
            if (next > run.Last)
            {
                DropOldestRun(lost: false);
                continue;
            }
            _runs.CutOldest(next);
            First = next;
            return;
        }
    }
}
