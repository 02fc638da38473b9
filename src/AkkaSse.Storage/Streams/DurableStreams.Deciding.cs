using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>What commands decide before a commit and apply after it. On the writer's thread.</summary>
internal sealed partial class DurableStreams
{
    /// <summary>The stream as it will be after this turn, made when the item may make it; else why not.</summary>
    internal DurableStream? Planned(StoreTurn turn, string name, in AppendItem item, out AppendResult refusal)
    {
        refusal = default;
        if (_streams.TryGetValue(name, out var s) && s is { PlannedExists: true, Removed: false }) return s;
        var isInternal = name[0] == '$';
        if (!isInternal && !(item.Options.CreateStream ?? _host.Options.AutoCreate))
            return Refused(out refusal, PublishStatus.NoStream, $"The stream '{name}' does not exist.");
        // A comment or a retry has nobody to reach on a stream that does not exist, and creates none.
        if (!isInternal && EventRules.IsTransient(item.Event) && s is null)
            return Refused(out refusal, PublishStatus.NoStream,
                $"The stream '{name}' does not exist, and an event without data creates none.");
        return PlanCreation(turn, name, null, declared: false, out var limit)
            ?? Refused(out refusal, PublishStatus.LimitReached, limit!);
    }

    /// <summary>Begins a stream, or goes on with a removed one. Null: there are as many as may be, and which limit says so.</summary>
    internal DurableStream? PlanCreation(StoreTurn turn, string name, StreamOptions? options, bool declared, out string? limit)
    {
        limit = _existing >= _host.Options.MaxStreams && !StreamRules.HasItsPlace(name)
            ? $"There are {_host.Options.MaxStreams} streams, the most allowed."
            : _counts.Refusal(name);
        if (limit is not null) return null;
        DurableStream s;
        lock (_directory)
        {
            s = _streams.GetOrAdd(name, static (n, self) => self.NewStream(n), this);
            s.PlannedExists = true;
        }
        _existing++;
        _counts.Created(name);
        if (options is not null) s.Feed.SetOptions(options, turn.Now);
        if (_tombstones.TryGetValue(name, out var left))
        {
            left.Restore(s);
        }
        else
        {
            s.Number = ++_lastNumber;
            (s.Epoch, s.Base, s.IdBase) = (Epochs.New('d'), 0, DecimalIds.Base(turn.Now));
            (s.First, s.LostThrough, s.ClearedThrough) = (1, 0, 0);
            s.TotalBytes = 0;
            s.Front.Begin(null, 0);
        }
        s.Declared = declared;
        s.CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(turn.Now);
        s.PlannedHead = left?.Head ?? 0;
        s.PlannedTotal = s.TotalBytes;
        turn.Batch.PutLog(s.Number, name, s.Meta(s.PlannedHead, s.TotalBytes).Write());
        return s;
    }

    /// <summary>Adds an event to what this turn appends to a stream.</summary>
    internal static void Plan(StoreTurn turn, DurableStream s, in StoredEvent e, in PublishOptions options)
    {
        if (s.Run is null)
        {
            s.Run = new TurnRun(s, e.Offset);
            turn.Sealing.Add(s.Run.Seal);
        }
        s.Run.Add(e, options);
        s.PlannedHead = e.Offset;
        turn.Bytes += EventCodec.SizeOf(new AppendItem(e.Event, options));
        if (!e.CallerId || e.Event.Id is not { Length: > 0 } id) return;
        turn.Batch.PutId(s.Number, id, e.Offset);
        if (s.HasIds) return;
        // Retention looks for ids from now on, after a restart too.
        s.HasIds = true;
        turn.Batch.PutLog(s.Number, s.Name, s.Meta(s.PlannedHead, s.TotalBytes).Write());
    }

    /// <summary>What a stream has of a commit goes into its log in memory.</summary>
    internal void Apply(StoreTurn turn, DurableStream s, AppendCommand command)
    {
        if (!s.Exists) ApplyCreation(s);
        s.LastActivity = turn.Now;
        command.Feed(s.Feed, s.Epoch, turn.Now);
        // Commands of one commit share the run; the last of them has brought its last event.
        if (s.Run is not { } run || command.LastOffset != s.PlannedHead) return;
        if (s.Log.Head.Offset != s.PlannedHead)
            throw new InvalidOperationException($"The log of '{s.Name}' is at {s.Log.Head.Offset}; {s.PlannedHead} is stored.");
        s.Run = null;
        s.TotalBytes = s.PlannedTotal;
        foreach (var header in run.Headers) s.Front.Add(header);
        if (s.Front.Trim(_store, turn.Now)) s.Retained();
    }

    internal void ApplyCreation(DurableStream s)
    {
        lock (_directory)
        {
            _tombstones.Remove(s.Name);
            // Of a stream whose readers waited the log begins where they wait: at the base, or where the removed one stood.
            if (s.Log.Current is null || s.Log.Head.Epoch != s.Epoch) s.Feed.Begin(s.StartAt(s.First - 1));
            s.Exists = true;
            if (s.Name[0] != '$') _names.Add(s.Name);
        }
    }

    /// <summary>Takes back what was planned for a stream in a turn that failed.</summary>
    internal void Undo(DurableStream s)
    {
        s.Run = null;
        if (s.Exists)
        {
            s.PlannedHead = s.Log.Head.Offset;
            s.PlannedTotal = s.TotalBytes;
            return;
        }
        if (!s.PlannedExists) return;
        _existing--;
        _counts.Removed(s.Name);
        lock (_directory)
        {
            s.PlannedExists = false;
            if (s.Sink is null) Forget(s);
        }
    }

    private static DurableStream? Refused(out AppendResult refusal, PublishStatus status, string error)
    {
        refusal = new AppendResult(status, StreamPosition.BeforeFirst) { Error = error };
        return null;
    }
}
