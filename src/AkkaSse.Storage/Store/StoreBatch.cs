using System.Buffers;

namespace AkkaSse.Storage.Store;

/// <summary>Events of one log that were committed together: a row of the store.</summary>
/// <param name="Log">The log's number.</param>
/// <param name="First">Offset of the first event.</param>
/// <param name="Last">Offset of the last event.</param>
/// <param name="At">When they were appended, in milliseconds since 1970.</param>
/// <param name="Expiry">When the last of them expires by its own ttl, in milliseconds since 1970; 0 when one of them never does.</param>
/// <param name="Bytes">Bytes of its events.</param>
/// <param name="Total">Bytes of all events of the log up to and including these: what is retained is a difference of two.</param>
internal readonly record struct RunHeader(long Log, long First, long Last, long At, long Expiry, long Bytes, long Total);

/// <summary>A run as it is read.</summary>
/// <param name="Header">Where it stands.</param>
/// <param name="Data">Its events, <see cref="RunCodec"/>; null when the checksum says that they are not what was written.</param>
internal readonly record struct StoredRun(RunHeader Header, byte[]? Data);

/// <summary>
/// What one commit changes, in the order in which it was said. All of it is durable when <see cref="ILogStore.Commit"/> returns, or none.
/// Made by one thread and used again.
/// </summary>
internal sealed class StoreBatch
{
    private readonly ArrayBufferWriter<byte> _bytes = new(64 << 10);

    internal List<Change> Changes { get; } = [];

    internal bool IsEmpty => Changes.Count == 0;

    /// <summary>Bytes of what is to be written.</summary>
    internal int Bytes => _bytes.WrittenCount;

    internal ReadOnlySpan<byte> DataOf(in Change change) => _bytes.WrittenSpan.Slice(change.Start, change.Length);

    internal void Clear()
    {
        Changes.Clear();
        // A batch that was once large does not stay so.
        if (_bytes.Capacity > 16 << 20) _bytes.Clear();
        _bytes.ResetWrittenCount();
    }

    /// <summary>Begins or changes a log: its name and what its owner keeps of it.</summary>
    internal void PutLog(long log, string name, ReadOnlySpan<byte> meta) =>
        Changes.Add(Sized(new Change(ChangeKind.PutLog) { Log = log, Name = name }, meta));

    /// <summary>Forgets a log; its runs are deleted before, in steps.</summary>
    internal void DeleteLog(long log) => Changes.Add(new Change(ChangeKind.DeleteLog) { Log = log });

    /// <summary>Appends a run behind the last one of its log.</summary>
    internal void Append(in RunHeader header, ReadOnlySpan<byte> data) =>
        Changes.Add(Sized(new Change(ChangeKind.Append) { Log = header.Log, Header = header }, data));

    /// <summary>Deletes the oldest runs of a log that begin below an offset, at most so many.</summary>
    internal void Trim(long log, long below, int most) => Changes.Add(new Change(ChangeKind.Trim) { Log = log, From = below, To = most });

    /// <summary>Deletes the runs of a log that begin at or after an offset.</summary>
    internal void Truncate(long log, long from) => Changes.Add(new Change(ChangeKind.Truncate) { Log = log, From = from });

    /// <summary>Remembers where an id of a publisher stands.</summary>
    internal void PutId(long log, string id, long offset) =>
        Changes.Add(new Change(ChangeKind.PutId) { Log = log, Name = id, From = offset });

    /// <summary>Forgets an id of a publisher, when it still stands there.</summary>
    internal void DeleteId(long log, string id, long offset) =>
        Changes.Add(new Change(ChangeKind.DeleteId) { Log = log, Name = id, From = offset });

    /// <summary>Keeps a record with an end under a key: an idempotency key, a value, a refusal.</summary>
    internal void PutRecord(RecordKind kind, string key, long until, ReadOnlySpan<byte> data) =>
        Changes.Add(Sized(new Change(ChangeKind.PutRecord) { Log = (long)kind, Name = key, From = until }, data));

    internal void DeleteRecord(RecordKind kind, string key) =>
        Changes.Add(new Change(ChangeKind.DeleteRecord) { Log = (long)kind, Name = key });

    /// <summary>Deletes records that ended at or before a time, at most so many.</summary>
    internal void DeleteRecordsUntil(long until, int most) =>
        Changes.Add(new Change(ChangeKind.DeleteRecordsUntil) { From = until, To = most });

    private Change Sized(Change change, ReadOnlySpan<byte> data)
    {
        change = change with { Start = _bytes.WrittenCount, Length = data.Length };
        _bytes.Write(data);
        return change;
    }

    /// <summary>One change; which fields it has depends on its kind.</summary>
    internal readonly record struct Change(ChangeKind Kind)
    {
        internal long Log { get; init; }

        internal string? Name { get; init; }

        internal RunHeader Header { get; init; }

        internal long From { get; init; }

        internal long To { get; init; }

        internal int Start { get; init; }

        internal int Length { get; init; }
    }

    internal enum ChangeKind
    {
        PutLog,
        DeleteLog,
        Append,
        Trim,
        Truncate,
        PutId,
        DeleteId,
        PutRecord,
        DeleteRecord,
        DeleteRecordsUntil,
    }
}
