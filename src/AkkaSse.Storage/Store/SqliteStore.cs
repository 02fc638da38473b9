using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Storage.Store;

/// <summary>The store on SQLite: one database in write-ahead mode, one row per run in the order of arrival (decision 0061).</summary>
internal sealed class SqliteStore : ILogStore
{
    // Version of tables, checksums and runs. A program refuses a directory of another one.
    private const long Format = 1;

    // Readers of history at the same time; further ones open a connection and close it.
    private const int KeptReaders = 4;

    private readonly DataDirectory _directory;
    private readonly Witness _witness;
    private readonly SqliteDatabase _database;
    private readonly SqliteWriter _writer;
    private readonly ConcurrentBag<SqliteReader> _readers = [];
    private readonly List<StoredLog> _logs;
    private readonly List<StoredRecord> _records;
    private readonly Timer? _syncing;
    private readonly SafeFileHandle? _writeAhead;
    private readonly Action<Exception> _fault;
    private readonly (string Id, long Born) _identity;
    private long _commits;
    private long _syncedCommits;

    private SqliteStore(DataDirectory directory, StorageOptions options, Action<Exception> fault, string? doubt)
    {
        _directory = directory;
        _fault = fault;
        _identity = directory.Identity();
        _witness = Witness.Open(directory.In("witness"), options.Sync);
        try
        {
            _database = new SqliteDatabase(directory.Database, readOnly: false);
            var isNew = Schema.Prepare(_database, options.Sync);
            CheckFormat(isNew);
            _commits = _database.Number("SELECT commits FROM mark") ?? 0;
            Doubt = doubt ?? FindDoubt(isNew);
            using (var reader = new SqliteReader(directory.Database))
            {
                _logs = reader.Logs(out var damagedLogs);
                _records = reader.Records(out var damagedRecords);
                Damaged = damagedLogs + damagedRecords;
                LastLog = reader.LastLog();
            }
            _writer = new SqliteWriter(_database);
            // Of a doubt the witness is the proof: it stays until all streams have begun new epochs.
            if (isNew || Doubt is null) Accept();
            if (options.Sync == StorageSync.Interval)
            {
                _writeAhead = File.OpenHandle(
                    directory.Database + "-wal", FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                _syncing = new Timer(_ => SyncNow(), null, options.SyncInterval, options.SyncInterval);
            }
        }
        catch
        {
            _writer?.Dispose();
            _database?.Dispose();
            _witness.Dispose();
            throw;
        }
    }

    public string? Doubt { get; private set; }

    public int Damaged { get; }

    public long LastLog { get; }

    public long SizeBytes =>
        new DirectoryInfo(_directory.Path).EnumerateFiles(DataDirectory.DatabaseName + "*").Sum(static f => f.Length);

    /// <summary>Opens a directory, and rebuilds its database from what can be read when it is damaged.</summary>
    /// <exception cref="EngineStartException">It cannot be used: another process has it, or another version wrote it.</exception>
    /// <exception cref="StoreException">The disk failed.</exception>
    internal static SqliteStore Open(StorageOptions options, Action<Exception> fault, Action<string> rebuilt)
    {
        var directory = DataDirectory.Take(options.Directory);
        try
        {
            Rebuild.Finish(directory);
            try
            {
                if (File.Exists(directory.In(Rebuild.Wanted)))
                    throw new StoreException(File.ReadAllText(directory.In(Rebuild.Wanted)), isFull: false, isDamaged: true, false);
                return new SqliteStore(directory, options, fault, null);
            }
            catch (StoreException damaged) when (damaged.IsDamaged)
            {
                var said = Rebuild.Run(directory, damaged.Message);
                rebuilt(said);
                return new SqliteStore(directory, options, fault, said);
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public void Accept()
    {
        using (var statement = _database.Prepare("INSERT OR REPLACE INTO fact VALUES('identity', ?), ('born', ?)"))
            statement.Bind(1, _identity.Id).Bind(2, _identity.Born).Execute();
        Doubt = null;
        _witness.Write(_commits);
        _witness.Flush();
    }

    public IEnumerable<StoredLog> Logs() => _logs;

    public IEnumerable<StoredRecord> Records() => _records;

    public void Commit(StoreBatch batch)
    {
        try
        {
            _writer.Commit(batch, _commits + 1);
        }
        catch (StoreException e) when (e.IsDamaged)
        {
            // The next start rebuilds the database, whatever it finds by itself.
            File.WriteAllText(_directory.In(Rebuild.Wanted), e.Message);
            throw;
        }
        _commits++;
        if (Doubt is null) _witness.Write(_commits);
    }

    public List<StoredRun> Read(long log, long from, long to, int maxBytes) => With(r => r.Read(log, from, to, maxBytes));

    public List<RunHeader> Headers(long log, long from, int most) => With(r => r.Headers(log, from, most));

    public long? FindId(long log, string id) => With(r => r.FindId(log, id));

    public void Dispose()
    {
        _syncing?.Dispose();
        foreach (var reader in _readers) reader.Dispose();
        _writer.Dispose();
        try
        {
            // The write-ahead log goes into the database, and both are on the disk.
            _database.Run("PRAGMA wal_checkpoint(TRUNCATE)");
            if (Doubt is null) _witness.Write(_commits, closed: true);
            _witness.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not closed in order: the next start looks at what is there as after a crash.
            _fault(e);
        }
        _database.Dispose();
        _writeAhead?.Dispose();
        _witness.Dispose();
        _directory.Dispose();
    }

    private T With<T>(Func<SqliteReader, T> read)
    {
        if (!_readers.TryTake(out var reader)) reader = new SqliteReader(_directory.Database);
        try
        {
            return read(reader);
        }
        finally
        {
            if (_readers.Count < KeptReaders) _readers.Add(reader);
            else reader.Dispose();
        }
    }

    private void CheckFormat(bool isNew)
    {
        if (isNew) _database.Run($"INSERT OR REPLACE INTO fact VALUES('format', {Format})");
        var found = _database.Number("SELECT value FROM fact WHERE name = 'format'");
        if (found != Format)
            throw new EngineStartException("Directory",
                $"The directory '{_directory.Path}' has the format {found}; this program reads the format {Format}.");
    }

    private string? FindDoubt(bool isNew)
    {
        if (isNew) return _witness.Commits == 0 ? null : $"the file '{DataDirectory.DatabaseName}' is missing";
        var id = _database.Text("SELECT value FROM fact WHERE name = 'identity'");
        var born = _database.Number("SELECT value FROM fact WHERE name = 'born'");
        if (id != _identity.Id || born != _identity.Born) return "the directory is a copy or was restored from a backup";
        if (!_witness.IsReadable) return "the file 'witness' is missing or damaged";
        if (_witness.Commits > _commits) return $"the last {_witness.Commits - _commits} commits are missing";
        return !_witness.WasClosed && !_witness.IsSameBoot && _witness.LastSync != StorageSync.Always
            ? $"the machine stopped while events were synced with '{_witness.LastSync.ToString().ToLowerInvariant()}'"
            : null;
    }

    private void SyncNow()
    {
        var commits = Interlocked.Read(ref _commits);
        if (Interlocked.Exchange(ref _syncedCommits, commits) == commits) return;
        try
        {
            RandomAccess.FlushToDisk(_writeAhead!);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            _fault(e);
        }
    }
}

/// <summary>The tables. Each has a number of its own for its rows, by which a damaged database is read row by row.</summary>
internal static class Schema
{
    private const string Tables =
        """
        CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value);
        CREATE TABLE IF NOT EXISTS mark(id INTEGER PRIMARY KEY, commits INTEGER NOT NULL);
        INSERT OR IGNORE INTO mark VALUES(1, 0);
        CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, name TEXT NOT NULL, sum INTEGER NOT NULL, meta TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS run(id INTEGER PRIMARY KEY, log INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            at INTEGER NOT NULL, expiry INTEGER NOT NULL, bytes INTEGER NOT NULL, total INTEGER NOT NULL, sum INTEGER NOT NULL,
            data BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS run_place ON run(log, first);
        CREATE TABLE IF NOT EXISTS pid(id INTEGER PRIMARY KEY, log INTEGER NOT NULL, name TEXT NOT NULL, place INTEGER NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS pid_name ON pid(log, name);
        CREATE TABLE IF NOT EXISTS record(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL, until INTEGER NOT NULL,
            sum INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS record_key ON record(kind, key);
        CREATE INDEX IF NOT EXISTS record_until ON record(until);
        """;

    /// <summary>Prepares a connection that writes. True when there were no tables yet.</summary>
    internal static bool Prepare(SqliteDatabase database, StorageSync sync)
    {
        var isNew = database.Number("SELECT count(*) FROM sqlite_schema WHERE name = 'fact'") == 0;
        // Two pages hold the events of a usual commit. Measured: as fast as 4 KiB with single events, faster with batches.
        if (isNew) database.Run("PRAGMA page_size = 8192");
        database.Run("PRAGMA journal_mode = WAL");
        // NORMAL syncs at checkpoints alone, which keeps the database whole; what was committed since may be missing after a power cut.
        database.Run($"PRAGMA synchronous = {(sync == StorageSync.Always ? "FULL" : "NORMAL")}");
        // 32 MiB: a checkpoint costs two syncs and the commit that meets it some 20 ms.
        database.Run("PRAGMA wal_autocheckpoint = 4096");
        database.Run("PRAGMA journal_size_limit = 67108864");
        database.Run("PRAGMA cache_size = -16384");
        database.Run("PRAGMA mmap_size = 0");
        database.Run("PRAGMA temp_store = MEMORY");
        if (isNew) database.Run("BEGIN; " + Tables + " COMMIT;");
        return isNew;
    }
}
