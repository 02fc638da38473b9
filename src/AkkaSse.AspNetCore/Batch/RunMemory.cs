using System.Buffers;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Pooled memory for what cannot stay where it was read: unescaped and base64 data of the items of one run. Given back all at once.
/// </summary>
internal sealed class RunMemory : IDisposable
{
    private const int ChunkBytes = 64 << 10;

    private readonly List<byte[]> _full = [];
    private byte[]? _chunk;
    private int _used;

    /// <summary>Memory of exactly this length, valid until <see cref="Reset"/>.</summary>
    public Memory<byte> Rent(int length)
    {
        if (_chunk is null || _chunk.Length - _used < length)
        {
            if (_chunk is not null) _full.Add(_chunk);
            _chunk = ArrayPool<byte>.Shared.Rent(Math.Max(ChunkBytes, length));
            _used = 0;
        }

        var memory = _chunk.AsMemory(_used, length);
        _used += length;
        return memory;
    }

    /// <summary>Everything rented is free again.</summary>
    public void Reset()
    {
        foreach (var chunk in _full) ArrayPool<byte>.Shared.Return(chunk);
        _full.Clear();
        _used = 0;
        if (_chunk is not { Length: > ChunkBytes } large) return;
        ArrayPool<byte>.Shared.Return(large);
        _chunk = null;
    }

    public void Dispose()
    {
        Reset();
        if (_chunk is not null) ArrayPool<byte>.Shared.Return(_chunk);
        _chunk = null;
    }
}
