using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>Creating, removing, clearing, sweeping.</summary>
internal sealed partial class DurableStreams
{
    // One step of deleting what retention has let go: so many rows are one to two milliseconds of a commit.
    private const int SweepRows = 512;

    // Streams whose retention moves, or that are removed, in one step.
    private const int SweepStreams = 512;

    public async ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation)
    {
        if (_stopped) return new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The hub has stopped.");
        var result = new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The data directory cannot be written.");
        var fault = await RunAsync(new ChangeCommand(turn =>
        {
            if (_streams.TryGetValue(stream, out var s) && s.Exists)
            {
                var changed = options is not null && options != s.Log.Options;
                result = new CreateStreamResult(changed ? CreateStreamStatus.Updated : CreateStreamStatus.Unchanged, s.Info());
                if (!changed && s.Declared) return null;
                var before = s.Declared;
                s.Declared = true;
                var meta = s.Meta(s.Log.Head.Offset, s.TotalBytes) with { Options = options ?? s.Log.Options };
                turn.Batch.PutLog(s.Number, stream, meta.Write());
                return new(
                    () =>
                    {
                        if (changed) s.Feed.SetOptions(options!, turn.Now);
                        if (s.Front.Trim(_store, turn.Now)) s.Retained();
                        result = result with { Stream = s.Info() };
                        turn.Changed.AddIfPresent(s.Sink);
                    },
                    () => s.Declared = before);
            }
            if (PlanCreation(turn, stream, options, declared: true, out var limit) is not { } created)
            {
                result = new CreateStreamResult(CreateStreamStatus.LimitReached, null, limit);
                return null;
            }
            return new(
                () =>
                {
                    ApplyCreation(created);
                    created.LastActivity = turn.Now;
                    result = new CreateStreamResult(CreateStreamStatus.Created, created.Info());
                    turn.Changed.AddIfPresent(created.Sink);
                },
                () => Undo(created));
        })).ConfigureAwait(false);
        return fault is null ? result : new CreateStreamResult(CreateStreamStatus.Unavailable, null, StoreFaults.Of(fault).Error);
    }

    public async ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation)
    {
        if (_stopped) return default;
        var removed = false;
        var fault = await RunAsync(new ChangeCommand(turn =>
        {
            if (!_streams.TryGetValue(stream, out var s) || !s.Exists) return null;
            return PlanRemoval(turn, s, isExplicit: true, () => removed = true);
        })).ConfigureAwait(false);
        // What was not stored has not happened, and may be asked for again.
        return fault is null ? new(removed) : default;
    }

    public async ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation)
    {
        if (_stopped) return default;
        var cleared = false;
        var fault = await RunAsync(new ChangeCommand(turn =>
        {
            if (!_streams.TryGetValue(stream, out var s) || !s.Exists) return null;
            var head = s.Log.Head.Offset;
            turn.Batch.PutLog(s.Number, stream, (s.Meta(head, s.TotalBytes) with
            {
                First = head + 1,
                LostThrough = head,
                ClearedThrough = head,
            }).Write());
            return new(
                () =>
                {
                    (s.First, s.LostThrough, s.ClearedThrough) = (head + 1, head, head);
                    s.Front.Clear(s.TotalBytes);
                    s.Retained();
                    cleared = true;
                    turn.Changed.AddIfPresent(s.Sink);
                },
                static () => { });
        })).ConfigureAwait(false);
        // What was not stored has not happened, and may be asked for again.
        return fault is null ? new(cleared) : default;
    }

    /// <summary>Completes when everything that was taken before is decided and stored.</summary>
    internal Task SettleAsync() => RunAsync(new ChangeCommand(static _ => null));

    internal void Sweep()
    {
        if (_stopped) return;
        var now = Now;
        foreach (var (_, s) in _streams) s.Log.TrimByAge(now);
        // What memory gives up is read from the store.
        Budget.Shrink(_streams.Select(static s => s.Value.Log), now);
        if (Interlocked.Exchange(ref _sweeping, 1) == 0 && !_writer!.TryAdd(new SweepCommand(this))) Volatile.Write(ref _sweeping, 0);
    }

    /// <summary>One step of what is done by and by. Returns what to do when it is stored.</summary>
    internal Action DecideSweep(StoreTurn turn)
    {
        var (left, moved) = (SweepRows, 0);
        var applied = new List<Action>();
        var removed = 0;
        foreach (var (_, s) in _streams)
        {
            if (!s.Exists) continue;
            s.Keys?.Expire(turn.Now);
            if (moved < SweepStreams && s.First <= s.Log.Head.Offset && s.Front.Trim(_store, turn.Now))
            {
                moved++;
                s.Retained();
            }
            if (s.Front.HasGarbage && left > 0)
            {
                var rows = DeleteRuns(turn, s.Number, s.First, s.HasIds, left);
                turn.Batch.PutLog(s.Number, s.Name, s.Meta(s.Log.Head.Offset, s.TotalBytes).Write());
                if (rows < left) applied.Add(() => s.Front.HasGarbage = false);
                left -= rows;
            }
            else if (removed < SweepStreams && IsIdle(s, turn.Now))
            {
                removed++;
                applied.Add(PlanRemoval(turn, s, isExplicit: false, null).Apply);
            }
        }
        foreach (var (number, below) in _garbage)
        {
            if (left == 0) break;
            var rows = DeleteRuns(turn, number, below, hasIds: true, left);
            if (rows < left) applied.Add(() => _garbage.Remove(number));
            left -= rows;
        }
        turn.Batch.DeleteRecordsUntil(turn.Now, SweepRows);
        var more = ForgetTombstones(turn) || left == 0 || moved == SweepStreams || removed == SweepStreams;
        return () =>
        {
            foreach (var apply in applied) apply();
            // What is left of this step waits for nobody; publishes come in between.
            if (more) SweepAgain();
            else Volatile.Write(ref _sweeping, 0);
        };
    }

    internal void SweepFailed() => Volatile.Write(ref _sweeping, 0);

    private void SweepAgain()
    {
        if (!_writer!.TryAdd(new SweepCommand(this))) Volatile.Write(ref _sweeping, 0);
    }

    /// <summary>What cannot be read, up to an offset, is over: readers are told the gap.</summary>
    internal static Change? DecideFence(StoreTurn turn, DurableStream s, long through)
    {
        if (!s.Exists || through < s.First) return null;
        var end = Math.Min(through, s.Log.Head.Offset);
        turn.Batch.PutLog(s.Number, s.Name, (s.Meta(s.Log.Head.Offset, s.TotalBytes) with { First = end + 1, LostThrough = end }).Write());
        return new(
            () =>
            {
                (s.First, s.LostThrough) = (end + 1, Math.Max(s.LostThrough, end));
                s.Front.HasGarbage = true;
                s.Retained();
                turn.Changed.AddIfPresent(s.Sink);
            },
            static () => { });
    }

    private static bool IsIdle(DurableStream s, long now) =>
        !s.Declared && s.Sink is null && s.First > s.Log.Head.Offset && s.Keys is not { Count: > 0 }
        && s.Log.Options.IdleRemoval is { } idle && now - s.LastActivity > (long)idle.TotalMilliseconds;

    private Change PlanRemoval(StoreTurn turn, DurableStream s, bool isExplicit, Action? done)
    {
        var head = s.Log.Head.Offset;
        var meta = s.Meta(head, s.TotalBytes) with
        {
            First = head + 1,
            LostThrough = head,
            RemovedAt = turn.Now,
            RemovedExplicitly = isExplicit,
        };
        turn.Batch.PutLog(s.Number, s.Name, meta.Write());
        return new(
            () =>
            {
                IStreamSink? sink;
                lock (_directory)
                {
                    s.Removed = true;
                    s.Exists = s.PlannedExists = false;
                    sink = s.Sink;
                    _existing--;
                    _counts.Removed(s.Name);
                    _streams.TryRemove(new KeyValuePair<string, DurableStream>(s.Name, s));
                    _names.Remove(s.Name);
                    _tombstones[s.Name] = new StoredTombstone(s.Number, meta);
                    _garbage[s.Number] = head + 1;
                    // With readers the log stays theirs until they have what is queued; without, it is freed now.
                    if (sink is null) s.Feed.End();
                }
                sink?.OnRemoved();
                done?.Invoke();
            },
            static () => { });
    }

    // Deletes runs that end below an offset, at most so many; how many.
    private int DeleteRuns(StoreTurn turn, long number, long below, bool hasIds, int most)
    {
        var rows = _store.Headers(number, 0, most).TakeWhile(run => run.Last < below).ToList();
        if (rows.Count == 0) return 0;
        if (hasIds)
        {
            // The ids of what goes are in it.
            for (var next = rows[0].First; next <= rows[^1].Last;)
            {
                var runs = _store.Read(number, next, rows[^1].Last, 1 << 20);
                if (runs.Count == 0) break;
                foreach (var run in runs) DeleteIds(turn, number, run);
                next = Math.Max(next, runs[^1].Header.Last) + 1;
            }
        }
        turn.Batch.Trim(number, rows[^1].Last + 1, rows.Count);
        return rows.Count;
    }

    private static void DeleteIds(StoreTurn turn, long number, in StoredRun run)
    {
        if (run.Data is null) return;
        var events = new List<Hub.Streams.StoredEvent>();
        RunCodec.Read(run.Header, run.Data, run.Header.First, run.Header.Last, events);
        foreach (var e in events)
        {
            if (e.CallerId && e.Event.Id is { Length: > 0 } id) turn.Batch.DeleteId(number, id, e.Offset);
        }
    }

    private bool ForgetTombstones(StoreTurn turn)
    {
        var oldest = turn.Now - (long)Epochs.KeptAfterRemoval.TotalMilliseconds;
        List<string>? over = null;
        foreach (var (name, left) in _tombstones)
        {
            if (left.At >= oldest || _garbage.ContainsKey(left.Number)) continue;
            (over ??= []).Add(name);
            if (over.Count == SweepRows) break;
        }
        if (over is null) return false;
        lock (_directory)
        {
            foreach (var name in over)
            {
                _tombstones.Remove(name, out var left);
                turn.Batch.DeleteLog(left!.Number);
            }
        }
        return over.Count == SweepRows;
    }

    private async Task<Exception?> RunAsync(ChangeCommand command) =>
        _stopped || !_writer!.TryAdd(command) ? null : await command.Done.ConfigureAwait(false);
}
