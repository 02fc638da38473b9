using System.Buffers.Binary;
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
