using System.Buffers.Binary;
using LightningDB;
using Microsoft.Data.Sqlite;
using RocksDbSharp;

namespace AkkaSse.StoreRig;

/// <summary>SQLite, write-ahead log, one row per run: in the order of streams, or in the order of arrival with an index.</summary>
internal sealed class SqliteCandidate : ICandidate
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert, _read, _trim, _newest, _begin, _commit;

    internal SqliteCandidate(string directory, int pageBytes, bool byArrival)
    {
        Name = $"SQLite, pages of {pageBytes}, by {(byArrival ? "arrival" : "stream")}";
        _connection = new SqliteConnection($"Data Source={Path.Combine(directory, "log.db")};Pooling=False");
        _connection.Open();
        Run($"PRAGMA page_size={pageBytes}");
        Run("PRAGMA journal_mode=WAL");
        Run("PRAGMA synchronous=FULL");
        Run("PRAGMA cache_size=-32768");
        Run(byArrival
            ? "CREATE TABLE IF NOT EXISTS run(stream INTEGER, first INTEGER, bytes BLOB)"
            : "CREATE TABLE IF NOT EXISTS run(stream INTEGER, first INTEGER, bytes BLOB, PRIMARY KEY(stream, first)) WITHOUT ROWID");
        if (byArrival) Run("CREATE UNIQUE INDEX IF NOT EXISTS place ON run(stream, first)");
        _insert = Make("INSERT INTO run(stream, first, bytes) VALUES($a,$b,$c)");
        _read = Make("SELECT bytes FROM run WHERE stream=$a AND first>=$b ORDER BY first LIMIT $c");
        _trim = Make("DELETE FROM run WHERE stream=$a AND first<$b");
        _newest = Make("SELECT max(first) FROM run WHERE stream=$a");
        _begin = Make("BEGIN IMMEDIATE");
        _commit = Make("COMMIT");
    }

    public string Name { get; }

    public void Commit(ReadOnlySpan<Run> runs)
    {
        _begin.ExecuteNonQuery();
        foreach (ref readonly var run in runs)
        {
            _insert.Parameters[0].Value = run.Stream;
            _insert.Parameters[1].Value = run.First;
            _insert.Parameters[2].Value = run.Bytes.ToArray();
            _insert.ExecuteNonQuery();
        }
        _commit.ExecuteNonQuery();
    }

    public long Read(int stream, long first, int runs)
    {
        _read.Parameters[0].Value = stream;
        _read.Parameters[1].Value = first;
        _read.Parameters[2].Value = runs;
        using var reader = _read.ExecuteReader();
        var bytes = 0L;
        while (reader.Read()) bytes += ((byte[])reader[0]).Length;
        return bytes;
    }

    public void Trim(int stream, long below)
    {
        _trim.Parameters[0].Value = stream;
        _trim.Parameters[1].Value = below;
        _trim.ExecuteNonQuery();
    }

    public long Newest(int stream)
    {
        _newest.Parameters[0].Value = stream;
        return _newest.ExecuteScalar() is long first ? first : 0;
    }

    public void Dispose() => _connection.Dispose();

    private void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Make(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in new[] { "$a", "$b", "$c" })
        {
            if (sql.Contains(name, StringComparison.Ordinal)) command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }
        command.Prepare();
        return command;
    }
}

/// <summary>RocksDB, keys (stream, offset).</summary>
internal sealed class RocksCandidate : ICandidate
{
    private readonly RocksDb _db;
    private readonly WriteOptions _write = new WriteOptions().SetSync(true);

    internal RocksCandidate(string directory)
    {
        var options = new DbOptions().SetCreateIfMissing(true).SetWriteBufferSize(16 << 20).SetMaxWriteBufferNumber(3)
            .SetCompression(Compression.No).SetMaxBackgroundCompactions(1).SetMaxBackgroundFlushes(1)
            .SetRecycleLogFileNum(2);
        options.SetBlockBasedTableFactory(new BlockBasedTableOptions().SetBlockCache(Cache.CreateLru(32 << 20)).SetBlockSize(16 << 10));
        _db = RocksDb.Open(options, directory);
    }

    public string Name => "RocksDB";

    public void Commit(ReadOnlySpan<Run> runs)
    {
        using var batch = new WriteBatch();
        Span<byte> key = stackalloc byte[12];
        foreach (ref readonly var run in runs)
        {
            Key(key, run.Stream, run.First);
            batch.Put(key, run.Bytes.Span);
        }
        _db.Write(batch, _write);
    }

    public long Read(int stream, long first, int runs)
    {
        using var iterator = _db.NewIterator();
        var key = new byte[12];
        Key(key, stream, first);
        var bytes = 0L;
        for (iterator.Seek(key); runs-- > 0 && iterator.Valid(); iterator.Next()) bytes += iterator.Value().Length;
        return bytes;
    }

    public void Trim(int stream, long below)
    {
        using var batch = new WriteBatch();
        var (from, to) = (new byte[12], new byte[12]);
        Key(from, stream, 0);
        Key(to, stream, below);
        batch.DeleteRange(from, 12, to, 12);
        _db.Write(batch, _write);
    }

    public long Newest(int stream)
    {
        using var iterator = _db.NewIterator();
        var key = new byte[12];
        Key(key, stream, long.MaxValue);
        iterator.SeekForPrev(key);
        if (!iterator.Valid()) return 0;
        var found = iterator.Key();
        return BinaryPrimitives.ReadInt32BigEndian(found) == stream ? BinaryPrimitives.ReadInt64BigEndian(found.AsSpan(4)) : 0;
    }

    public void Dispose() => _db.Dispose();

    private static void Key(Span<byte> key, int stream, long first)
    {
        BinaryPrimitives.WriteInt32BigEndian(key, stream);
        BinaryPrimitives.WriteInt64BigEndian(key[4..], first);
    }
}

/// <summary>LMDB, keys (stream, offset).</summary>
internal sealed class LightningCandidate : ICandidate
{
    private readonly LightningEnvironment _environment;
    private readonly LightningDatabase _database;

    internal LightningCandidate(string directory)
    {
        _environment = new LightningEnvironment(directory, new EnvironmentConfiguration { MapSize = 16L << 30 });
        _environment.Open();
        using var tx = _environment.BeginTransaction();
        _database = tx.OpenDatabase(configuration: new DatabaseConfiguration { Flags = DatabaseOpenFlags.Create });
        tx.Commit();
    }

    public string Name => "LMDB";

    public void Commit(ReadOnlySpan<Run> runs)
    {
        using var tx = _environment.BeginTransaction();
        Span<byte> key = stackalloc byte[12];
        foreach (ref readonly var run in runs)
        {
            Key(key, run.Stream, run.First);
            tx.Put(_database, key, run.Bytes.Span);
        }
        tx.Commit();
    }

    public long Read(int stream, long first, int runs)
    {
        using var tx = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using var cursor = tx.CreateCursor(_database);
        var key = new byte[12];
        Key(key, stream, first);
        if (cursor.SetRange(key) != MDBResultCode.Success) return 0;
        var bytes = 0L;
        do
        {
            bytes += cursor.GetCurrent().value.AsSpan().Length;
        }
        while (--runs > 0 && cursor.Next().resultCode == MDBResultCode.Success);
        return bytes;
    }

    public void Trim(int stream, long below)
    {
        using var tx = _environment.BeginTransaction();
        using (var cursor = tx.CreateCursor(_database))
        {
            var key = new byte[12];
            Key(key, stream, 0);
            var found = cursor.SetRange(key);
            while (found == MDBResultCode.Success)
            {
                var now = cursor.GetCurrent().key.AsSpan();
                if (BinaryPrimitives.ReadInt32BigEndian(now) != stream || BinaryPrimitives.ReadInt64BigEndian(now[4..]) >= below) break;
                cursor.Delete();
                found = cursor.GetCurrent().resultCode;
            }
        }
        tx.Commit();
    }

    public long Newest(int stream)
    {
        using var tx = _environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using var cursor = tx.CreateCursor(_database);
        var key = new byte[12];
        Key(key, stream + 1, 0);
        var result = cursor.SetRange(key) == MDBResultCode.Success ? cursor.Previous() : cursor.Last();
        if (result.resultCode != MDBResultCode.Success) return 0;
        var found = cursor.GetCurrent().key.AsSpan();
        return BinaryPrimitives.ReadInt32BigEndian(found) == stream ? BinaryPrimitives.ReadInt64BigEndian(found[4..]) : 0;
    }

    public void Dispose()
    {
        _database.Dispose();
        _environment.Dispose();
    }

    private static void Key(Span<byte> key, int stream, long first)
    {
        BinaryPrimitives.WriteInt32BigEndian(key, stream);
        BinaryPrimitives.WriteInt64BigEndian(key[4..], first);
    }
}

/// <summary>The ceiling: the same bytes at the end of one file, checked and synced, and nothing else of a store.</summary>
internal sealed class FileCandidate(string directory) : ICandidate
{
    private readonly FileStream _file = new(Path.Combine(directory, "log"), FileMode.Append, FileAccess.Write, FileShare.Read, 0);
    private byte[] _buffer = new byte[1 << 20];

    public string Name => "file + sync";

    public void Commit(ReadOnlySpan<Run> runs)
    {
        var at = 0;
        foreach (ref readonly var run in runs)
        {
            if (_buffer.Length < at + 24 + run.Bytes.Length) Array.Resize(ref _buffer, (_buffer.Length * 2) + run.Bytes.Length);
            run.Bytes.Span.CopyTo(_buffer.AsSpan(at + 24));
            BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(at), run.Stream);
            BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(at + 4), run.First);
            at += 24 + run.Bytes.Length;
        }
        _file.Write(_buffer, 0, at);
        _file.Flush(flushToDisk: true);
    }

    public long Read(int stream, long first, int runs) => 0;

    public void Trim(int stream, long below)
    {
    }

    public long Newest(int stream) => 0;

    public void Dispose() => _file.Dispose();
}
