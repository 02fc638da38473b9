using System.Buffers;

namespace AkkaSse.Protocol;

/// <summary>
/// A growing byte buffer on pooled arrays. Small arrays stay for reuse; large ones go back to the pool with <see cref="Clear"/>.
/// </summary>
internal sealed class ByteBuffer : IBufferWriter<byte>
{
    // One large event must not make every idle connection hold its array for ever.
    private const int KeptBytes = 32 * 1024;
    private const int FirstBytes = 256;

    private byte[] _array = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _array.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _array.AsMemory(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Append(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    public void Clear()
    {
        Length = 0;
        if (_array.Length > KeptBytes)
        {
            Release();
        }
    }

    /// <summary>Empties the buffer and gives its array back.</summary>
    public void Release()
    {
        var array = _array;
        _array = [];
        Length = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_array.Length - Length), nameof(count));
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(Length);
    }

    private void Reserve(int count)
    {
        var needed = (long)Length + Math.Max(count, 1);
        if (needed <= _array.Length)
        {
            return;
        }

        var size = Math.Max(Math.Max(needed, FirstBytes), Math.Min(_array.Length * 2L, Array.MaxLength));
        var larger = ArrayPool<byte>.Shared.Rent(checked((int)size));
        Span.CopyTo(larger);
        var old = _array;
        _array = larger;
        if (old.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }
}
