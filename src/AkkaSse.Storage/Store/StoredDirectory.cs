using AkkaSse.Hub.Streams;
using AkkaSse.Storage.Streams;
using SQLitePCL;

namespace AkkaSse.Storage.Store;

/// <summary>A stream as a data directory has it.</summary>
/// <param name="Log">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="First">Offset of the oldest retained event; the head + 1 when there is none.</param>
/// <param name="Head">Offset of the newest event.</param>
/// <param name="IsRemoved">True for what is left of a removed stream.</param>
internal sealed record StoredStream(long Log, string Name, string Epoch, long First, long Head, bool IsRemoved);

/// <summary>
/// Looks into a data directory, whether a node has it or not, and changes nothing. Used by one thread.
/// </summary>
internal sealed class StoredDirectory : IDisposable
{
    private const int PageBytes = 4 << 20;

    // One step of a backup; between two of them the node that writes gets its turn.
    private const int BackupPages = 2_048;

    private readonly SqliteDatabase _database;
    private readonly SqliteReader _reader;

    private StoredDirectory(string database)
    {
        _database = new SqliteDatabase(database, readOnly: true);
        _reader = new SqliteReader(database);
        Streams = Read();
    }

    /// <summary>All streams, by name.</summary>
    internal IReadOnlyList<StoredStream> Streams { get; }

    /// <summary>Rows of streams that fail their checksum.</summary>
    internal int DamagedRows { get; private set; }

    /// <summary>Opens a directory.</summary>
    /// <exception cref="IOException">There is no data directory, or it cannot be read.</exception>
    internal static StoredDirectory Open(string path)
    {
        var database = Path.Combine(path, DataDirectory.DatabaseName);
        if (!File.Exists(database))
            throw new FileNotFoundException($"'{path}' is no data directory; it has no {DataDirectory.DatabaseName}.");
        return new StoredDirectory(database);
    }

    /// <summary>The retained runs of a stream in order; one without data is damaged.</summary>
    internal IEnumerable<StoredRun> Runs(StoredStream stream)
    {
        for (var next = stream.First; next <= stream.Head;)
        {
            var runs = _reader.Read(stream.Log, next, stream.Head, PageBytes);
            if (runs.Count == 0) yield break;
            foreach (var run in runs) yield return run;
            next = Math.Max(next, runs[^1].Header.Last) + 1;
        }
    }

    /// <summary>The events of a run that are retained.</summary>
    internal static List<StoredEvent> Events(StoredStream stream, in StoredRun run)
    {
        var events = new List<StoredEvent>();
        if (run.Data is { } data) RunCodec.Read(run.Header, data, stream.First, stream.Head, events);
        return events;
    }

    /// <summary>What is wrong with the events of a stream, as sentences; empty when nothing is.</summary>
    internal IEnumerable<string> Verify(StoredStream stream, Action<long> progress)
    {
        var next = stream.First;
        foreach (var run in Runs(stream))
        {
            if (run.Data is null) yield return $"'{stream.Name}': the checksum of {run.Header.First} to {run.Header.Last} does not hold.";
            if (run.Header.First > next) yield return $"'{stream.Name}': {next} to {run.Header.First - 1} are missing.";
            progress(run.Header.Last - Math.Max(next, run.Header.First) + 1);
            next = run.Header.Last + 1;
        }
        if (next <= stream.Head) yield return $"'{stream.Name}': {next} to {stream.Head} are missing.";
    }

    /// <summary>Copies the database as it is at one moment into a directory that must not have one. A node may write meanwhile.</summary>
    /// <param name="target">The directory.</param>
    /// <param name="progress">Told the pages that are done and all pages.</param>
    internal void Backup(string target, Action<int, int> progress)
    {
        Directory.CreateDirectory(target);
        var path = Path.Combine(target, DataDirectory.DatabaseName);
        if (File.Exists(path))
            throw new IOException($"'{target}' has a {DataDirectory.DatabaseName} already; an empty directory is needed.");
        using var copy = new SqliteDatabase(path, readOnly: false);
        using var backup = raw.sqlite3_backup_init(copy.Handle, "main", _database.Handle, "main");
        if (backup is null || backup.IsInvalid) throw new IOException($"'{path}' cannot be written.");
        // One transaction holds the moment for all steps: a writer would make the copy begin again and again.
        _database.Run("BEGIN");
        try
        {
            _database.Number("SELECT commits FROM mark");
            int result;
            do
            {
                result = raw.sqlite3_backup_step(backup, BackupPages);
                var all = raw.sqlite3_backup_pagecount(backup);
                progress(all - raw.sqlite3_backup_remaining(backup), all);
            }
            while (result == raw.SQLITE_OK);
            copy.Check(result);
        }
        finally
        {
            _database.Run("COMMIT");
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _database.Dispose();
    }

    private List<StoredStream> Read()
    {
        var streams = new List<StoredStream>();
        var logs = _reader.Logs(out var damaged);
        foreach (var log in logs)
        {
            if (LogMeta.Read(log.Meta) is not { } meta) continue;
            var head = Math.Max(meta.Head, log.Newest?.Last ?? 0);
            var first = Math.Max(meta.First, log.Oldest?.First ?? head + 1);
            streams.Add(new StoredStream(log.Log, log.Name, meta.Epoch, first, head, meta.RemovedAt is not null));
            DamagedRows += log.IsTailDamaged ? 1 : 0;
        }
        DamagedRows += damaged;
        streams.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return streams;
    }
}
