using System.Diagnostics;
using System.IO.Pipelines;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Writes a response body in chunks (RFC 9112, 7.1) straight into a connection's transport: a chunk per block of the transport's memory,
/// the frame written around the bytes where they lie. For one writer.
/// </summary>
internal sealed class ChunkedWriter(PipeWriter transport) : PipeWriter
{
    // The size's digits and the line break behind it, and the line break behind the data.
    private const int LineBreak = 2;
    private const int MaxDigits = 8;

    private Memory<byte> _block;
    private int _digits;
    private int _count;

    public override bool CanGetUnflushedBytes => transport.CanGetUnflushedBytes;

    public override long UnflushedBytes => transport.UnflushedBytes + _count;

    private int Start => _digits + LineBreak;

    private int Available => _block.Length - Start - LineBreak - _count;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (_block.Length == 0 || Available < Math.Max(1, sizeHint))
        {
            End();
            Begin(Math.Max(1, sizeHint));
        }
        return _block.Slice(Start + _count, Available);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes == 0) return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _block.Length == 0 ? 0 : Available);
        _count += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        End();
        return transport.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => transport.CancelPendingFlush();

    /// <summary>Ends the body; the transport stays open.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (exception is not null) return;
        End();
        var last = "0\r\n\r\n"u8;
        last.CopyTo(transport.GetSpan(last.Length));
        transport.Advance(last.Length);
    }

    private void Begin(int size)
    {
        _block = transport.GetMemory(size + MaxDigits + LineBreak + LineBreak);
        // As many digits as the block's largest chunk needs: a smaller one has zeros in front, which the grammar allows.
        _digits = 1;
        for (var rest = _block.Length >> 4; rest > 0; rest >>= 4) _digits++;
        Debug.Assert(Available >= size);
    }

    private void End()
    {
        if (_count > 0)
        {
            var block = _block.Span;
            var at = Start + _count;
            block[_digits] = block[at] = (byte)'\r';
            block[_digits + 1] = block[at + 1] = (byte)'\n';
            for (int i = _digits - 1, rest = _count; i >= 0; i--, rest >>= 4) block[i] = "0123456789abcdef"u8[rest & 15];
            transport.Advance(at + LineBreak);
            _count = 0;
        }
        // Also without bytes: memory that was not advanced over belongs to the transport again.
        _block = default;
    }
}
