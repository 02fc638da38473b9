using System.IO.Pipelines;

namespace AkkaSse.Benchmarks;

/// <summary>A response that takes everything at once: counts what it is given and keeps nothing, so that a benchmark measures the hub and
/// no socket.</summary>
internal sealed class CountingWriter : PipeWriter
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private long _pending;
    private long _flushed;

    internal long FlushedBytes => Volatile.Read(ref _flushed);

    public override void Advance(int bytes) => _pending += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

    public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _flushed, _flushed + _pending);
        _pending = 0;
        return new(new FlushResult(isCanceled: false, isCompleted: false));
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
