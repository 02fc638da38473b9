using System.Buffers;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// A growing byte buffer of a thread, in which a frame's head is encoded before the log's lock is taken: the lock then covers a copy and
/// nothing that can fail.
/// </summary>
internal sealed class FrameBuffer : IBufferWriter<byte>
{
    // A buffer that one large event has grown is not kept for ever; a run of a batch (256 KB of data and what belongs to it) fits.
    private const int KeepBytes = 512 << 10;

    [ThreadStatic]
    private static FrameBuffer? t_own;

    [ThreadStatic]
    private static FrameBuffer? t_turn;

    private byte[] _bytes = new byte[4096];
    private int _count;

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _count);

    internal int Count => _count;

    /// <summary>This thread's buffer, empty. Not to be used across an await or a call that may encode.</summary>
    internal static FrameBuffer Rent() => Reset(t_own ??= new FrameBuffer());

    /// <summary>
    /// This thread's buffer for what a client's turn composes: a turn may run inside a publish, which holds the other one.
    /// </summary>
    internal static FrameBuffer RentForTurn() => Reset(t_turn ??= new FrameBuffer());

    private static FrameBuffer Reset(FrameBuffer own)
    {
        own._count = 0;
        if (own._bytes.Length > KeepBytes) own._bytes = new byte[4096];
        return own;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _count);
        _count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsMemory(_count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsSpan(_count);
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _count += bytes.Length;
    }

    internal void Truncate(int count) => _count = count;

    private void Ensure(int sizeHint)
    {
        var need = _count + Math.Max(sizeHint, 16);
        if (need > _bytes.Length) Array.Resize(ref _bytes, Math.Max(need, _bytes.Length * 2));
    }
}
