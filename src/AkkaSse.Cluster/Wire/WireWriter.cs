using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace AkkaSse.Cluster.Wire;

/// <summary>
/// Writes one message: little-endian, integers as varints, texts and blobs with their length before them. Not thread-safe.
/// </summary>
internal sealed class WireWriter : IBufferWriter<byte>
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(256);

    internal int Count { get; private set; }

    internal void Byte(byte value)
    {
        Reserve(1);
        _bytes[Count++] = value;
    }

    internal void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>Zig-zag: small numbers of either sign are short.</summary>
    internal void Int(long value) => UInt((ulong)((value << 1) ^ (value >> 63)));

    internal void UInt(ulong value)
    {
        Reserve(10);
        while (value >= 0x80)
        {
            _bytes[Count++] = (byte)(value | 0x80);
            value >>= 7;
        }
        _bytes[Count++] = (byte)value;
    }

    internal void Fixed64(ulong value)
    {
        Reserve(8);
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.AsSpan(Count), value);
        Count += 8;
    }

    /// <summary>Null and empty are different.</summary>
    internal void Text(string? value)
    {
        if (value is null)
        {
            UInt(0);
            return;
        }
        var length = Encoding.UTF8.GetByteCount(value);
        UInt((ulong)length + 1);
        Reserve(length);
        Count += Encoding.UTF8.GetBytes(value, _bytes.AsSpan(Count));
    }

    internal void Blob(ReadOnlySpan<byte> value)
    {
        UInt((ulong)value.Length);
        Reserve(value.Length);
        value.CopyTo(_bytes.AsSpan(Count));
        Count += value.Length;
    }

    /// <summary>Bytes as they are, without a length before them.</summary>
    internal void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_bytes.AsSpan(Count));
        Count += value.Length;
    }

    /// <summary>How many there are, then each of them.</summary>
    internal void Items<T>(T[] items, Action<T, WireWriter> write)
    {
        UInt((ulong)items.Length);
        foreach (var item in items) write(item, this);
    }

    /// <summary>Begins a part with its length before it; <see cref="End"/> takes what this returns. Parts may be nested.</summary>
    internal int Begin()
    {
        Reserve(4);
        Count += 4;
        return Count;
    }

    /// <summary>What was written so far; until the next write.</summary>
    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    /// <summary>Ends the part.</summary>
    internal void End(int begin) => BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(begin - 4), Count - begin);

    /// <summary>Ends the message; the writer must not be used afterwards.</summary>
    internal byte[] Take()
    {
        var result = _bytes.AsSpan(0, Count).ToArray();
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Count = 0;
        return result;
    }

    void IBufferWriter<byte>.Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - Count);
        Count += count;
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        Reserve(Math.Max(1, sizeHint));
        return _bytes.AsMemory(Count);
    }

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint)
    {
        Reserve(Math.Max(1, sizeHint));
        return _bytes.AsSpan(Count);
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Count >= count) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Count + count));
        _bytes.AsSpan(0, Count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
