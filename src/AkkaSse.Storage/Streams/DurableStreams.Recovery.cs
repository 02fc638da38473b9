using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>What a start takes over from the store. Before the first command, on the thread of the start.</summary>
internal sealed partial class DurableStreams
{
    // Metas of one commit, when all of them are written again.
    private const int RenewedAtOnce = 5_000;

    /// <summary>Takes over all streams. Returns the number of those that begin a new epoch.</summary>
    internal int Recover(Action<string, string> renewed)
    {
        var now = Now;
        var batch = new StoreBatch();
        var (all, begun) = (_store.Doubt is not null, 0);
        _lastNumber = _store.LastLog;
        foreach (var log in _store.Logs())
        {
            if (LogMeta.Read(log.Meta) is not { } meta)
            {
                // The checksum holds, and this version does not understand it: as if it were damaged.
                _garbage[log.Log] = long.MaxValue;
                batch.DeleteLog(log.Log);
                renewed(log.Name, "what is kept of it cannot be read");
                continue;
            }
            if (meta.RemovedAt is not null)
            {
                RecoverTombstone(log, meta, all);
                continue;
            }
            var s = Recover(log, meta, out var doubt);
            if (s.Front.Trim(_store, now)) s.Retained();
            if (doubt is null && !all) continue;
            if (doubt is not null) renewed(log.Name, doubt);
            begun++;
            Renew(batch, s, now);
            if (batch.Changes.Count >= RenewedAtOnce) Flush(batch);
        }
        RecoverKeys(now);
        Flush(batch);
        if (all)
        {
            // Everything that was doubted has begun anew, and is on the disk.
            _store.Accept();
        }
        return begun;
    }

    private DurableStream Recover(in StoredLog log, LogMeta meta, out string? doubt)
    {
        var s = new DurableStream(this, log.Name, meta.Options ?? _host.Options.DefaultsOf(log.Name))
        {
            Number = log.Log,
            Epoch = meta.Epoch,
            Base = meta.Base,
            IdBase = meta.IdBase,
            Declared = meta.Declared,
            HasIds = meta.HasIds,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(meta.CreatedAt),
            ClearedThrough = meta.ClearedThrough,
            LastActivity = Now,
        };
        var head = Math.Max(meta.Head, log.Newest?.Last ?? 0);
        doubt = log.IsTailDamaged ? "its newest events are damaged"
            : (log.Newest?.Last ?? 0) < meta.Head && meta.First <= meta.Head ? "its newest events are missing"
            : null;
        // What is not proven is not there; in the new epoch its offsets are used again.
        if (doubt is not null) head = Math.Max(log.Newest?.Last ?? 0, meta.First - 1);
        var oldest = log.Oldest is { } run && run.First <= head ? log.Oldest : null;
        s.First = Math.Max(meta.First, oldest?.First ?? head + 1);
        s.LostThrough = s.First > meta.First ? s.First - 1 : meta.LostThrough;
        s.TotalBytes = log.Newest?.Total ?? meta.TotalBytes;
        s.Front.Begin(s.First <= head ? oldest : null, s.TotalBytes);
        s.Front.HasGarbage = oldest is { } first && first.First < s.First;
        s.Feed.Begin(s.StartAt(head));
        s.PlannedExists = true;
        s.PlannedHead = head;
        s.PlannedTotal = s.TotalBytes;
        s.Exists = true;
        _streams[log.Name] = s;
        _existing++;
        _counts.Created(log.Name);
        if (log.Name[0] != '$') _names.Add(log.Name);
        if (s.Log.Options.SlowReader == SlowReaderPolicy.Conflate) Replay(s, head);
        return s;
    }

    // A stream whose slow readers get the newest event of each key keeps them beside its log in memory: they come from what is retained.
    private void Replay(DurableStream s, long head)
    {
        s.Feed.Begin(s.StartAt(s.First - 1));
        for (var next = s.First; next <= head;)
        {
            var page = History.PageNow(s, next, head);
            if (page.Count == 0) break;
            s.Feed.Append(s.Epoch, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(page));
            next = page[^1].Offset + 1;
        }
        if (s.Log.Head.Offset < head) s.Feed.Begin(s.StartAt(head));
    }

    // Events that are left keep their offsets and are the first of the new epoch (decision 0026).
    private void Renew(StoreBatch batch, DurableStream s, long now)
    {
        var head = s.Log.Head.Offset;
        s.Epoch = Epochs.New('d');
        s.Base = s.First - 1;
        s.IdBase = DecimalIds.Base(now);
        s.LostThrough = Math.Min(s.LostThrough, s.Base);
        s.Feed.Begin(s.StartAt(head));
        if (s.Log.Options.SlowReader == SlowReaderPolicy.Conflate) Replay(s, head);
        batch.Truncate(s.Number, head + 1);
        batch.PutLog(s.Number, s.Name, s.Meta(head, s.TotalBytes).Write());
    }

    private void RecoverTombstone(in StoredLog log, LogMeta meta, bool isDoubted)
    {
        if (log.Oldest is not null || log.IsTailDamaged) _garbage[log.Log] = meta.Head + 1;
        // Of a stream that is created again nobody may believe that it goes on.
        var left = isDoubted ? meta with { Epoch = Epochs.New('d'), Base = meta.Head, IdBase = DecimalIds.Base(Now) } : meta;
        _tombstones[log.Name] = new StoredTombstone(log.Log, left);
    }

    private void RecoverKeys(long now)
    {
        var byNumber = _streams.Values.ToDictionary(static s => s.Number);
        foreach (var stored in _store.Records())
        {
            if (stored.Kind != RecordKind.Key || stored.Until <= now
                || !KeyRecord.TryRead(stored, out var log, out var options, out var key)
                || !byNumber.TryGetValue(log, out var s))
                continue;
            KeysOf(s).Remember(options, key.Hash, key.Position, key.HasOffset, stored.Until - KeyWindow);
        }
    }

    private void Flush(StoreBatch batch)
    {
        if (!batch.IsEmpty) _store.Commit(batch);
        batch.Clear();
    }
}
