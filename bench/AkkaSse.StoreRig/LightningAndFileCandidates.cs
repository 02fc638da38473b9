using System.Buffers.Binary;
using LightningDB;

namespace AkkaSse.StoreRig;

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
