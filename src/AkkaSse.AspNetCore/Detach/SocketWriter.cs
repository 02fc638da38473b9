using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Writes a response body in chunks (RFC 9112, 7.1) straight to a socket: what was written since the last flush is one chunk and, while the
/// kernel has space, one system call on the writer's own thread. For one writer, which writes nothing while a flush is in flight.
/// </summary>
/// <remarks>
/// Through the server's transport the same bytes are several rented blocks with a chunk each, passed on by two state machines: decision
/// 0021 has the cost. What is gathered lies in memory of the thread; between flushes a connection holds none, and while the kernel has no
/// space it holds what was left over, in a buffer of that size.
/// </remarks>
internal sealed class SocketWriter : PipeWriter
{
    // A turn is 32 KB and what belongs to it. A thread keeps a buffer of this size, and none that a longer one has grown.
    private const int TurnBytes = 40 << 10;

    // Eight digits of size and the line break behind them.
    private const int MaxFrame = 8 + 2;

    private static readonly FlushResult Gone = new(isCanceled: false, isCompleted: true);

    // Turns of one thread follow each other. One that runs inside another finds the buffer taken and makes its own.
    [ThreadStatic]
    private static byte[]? t_buffer;

    private readonly Socket _socket;
    private byte[]? _head;
    private byte[]? _bytes;
    private int _start;
    private int _end;
    private bool _ended;

    // Made when the kernel has no space for the first time: most readers never need it.
    private PendingFlush? _pending;

    /// <summary>A writer to a socket that has nothing left to send. The socket's own sends do not block from now on.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="head">The response head: goes out with the first chunk, before it.</param>
    internal SocketWriter(Socket socket, byte[] head)
    {
        _socket = socket;
        _head = head;
        try
        {
            socket.Blocking = false;
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The peer has gone already: the first flush says so.
        }
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _bytes is null ? 0 : _end - _start;

    // The line break behind the data has its place always.
    private static ReadOnlySpan<byte> LineBreak => "\r\n"u8;

    private static ReadOnlySpan<byte> LastChunk => "0\r\n\r\n"u8;

    private int Available => _bytes!.Length - LineBreak.Length - LastChunk.Length - _end;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsMemory(_end, Available);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsSpan(_end, Available);
    }

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes == 0) return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _bytes is null ? 0 : Available);
        _end += bytes;
    }

    /// <summary>
    /// Sends what was written. Completed when the kernel has taken it; <see cref="FlushResult.IsCompleted"/> says that the peer or the
    /// connection is gone.
    /// </summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_bytes is null && _head is null && !_ended) return default;
        Ensure(0);
        Frame();
        if (_start < _end) return Send();
        Release();
        return default;
    }

    /// <summary>
    /// Ends the body with the next flush; the socket stays open. With an exception: what was not flushed is dropped, and the body has no
    /// end.
    /// </summary>
    public override void Complete(Exception? exception = null)
    {
        if (exception is null) _ended = true;
        else Release();
    }

    /// <exception cref="NotSupportedException">Always: a flush ends when the kernel has taken the bytes or when the connection
    /// ends.</exception>
    public override void CancelPendingFlush() =>
        throw new NotSupportedException("A flush to a socket ends when the kernel has taken the bytes or when the connection ends.");

    private void Ensure(int sizeHint)
    {
        if (_bytes is null)
        {
            _bytes = t_buffer ?? GC.AllocateUninitializedArray<byte>(TurnBytes);
            t_buffer = null;
            _start = _end = MaxFrame + (_head?.Length ?? 0);
        }
        if (Available >= Math.Max(1, sizeHint)) return;
        var grown = GC.AllocateUninitializedArray<byte>(Math.Max(_bytes.Length * 2, _end + sizeHint + LineBreak.Length + LastChunk.Length));
        _bytes.AsSpan(_start, _end - _start).CopyTo(grown.AsSpan(_start));
        if (_bytes.Length == TurnBytes) t_buffer = _bytes;
        _bytes = grown;
    }

    // Puts the chunk's size and the head before the data, where space was left for them, and the line break behind.
    private void Frame()
    {
        var bytes = _bytes!;
        var count = _end - _start;
        if (count > 0)
        {
            bytes[--_start] = (byte)'\n';
            bytes[--_start] = (byte)'\r';
            for (; count > 0; count >>= 4) bytes[--_start] = "0123456789abcdef"u8[count & 15];
            Put(LineBreak);
        }
        if (_ended)
        {
            Put(LastChunk);
            _ended = false;
        }
        if (_head is not { } head) return;
        _start -= head.Length;
        head.CopyTo(bytes, _start);
        _head = null;
    }

    private void Put(ReadOnlySpan<byte> end)
    {
        end.CopyTo(_bytes.AsSpan(_end));
        _end += end.Length;
    }

    private ValueTask<FlushResult> Send()
    {
        try
        {
            var count = _socket.Send(_bytes.AsSpan(_start, _end - _start), SocketFlags.None, out var error);
            _start += count;
            if (_start == _end || error is not (SocketError.Success or SocketError.WouldBlock))
            {
                var whole = _start == _end;
                Release();
                return new ValueTask<FlushResult>(whole ? default : Gone);
            }
        }
        catch (ObjectDisposedException)
        {
            // The transport has closed the socket meanwhile: the peer has gone, or the connection was aborted.
            Release();
            return new ValueTask<FlushResult>(Gone);
        }
        KeepRest();
        return (_pending ??= new PendingFlush(this)).Begin();
    }

    // The thread's buffer serves the next turn; a peer that does not read holds no more than what it has not taken.
    private void KeepRest()
    {
        var count = _end - _start;
        var rest = ArrayPool<byte>.Shared.Rent(count);
        _bytes.AsSpan(_start, count).CopyTo(rest);
        Release();
        _bytes = rest;
        _start = 0;
        _end = count;
    }

    private void Release()
    {
        if (_bytes is { Length: TurnBytes }) t_buffer = _bytes;
        _bytes = null;
    }

    /// <summary>A flush that waits for space in the kernel, used again for the next one.</summary>
    private sealed class PendingFlush(SocketWriter writer) : IValueTaskSource<FlushResult>
    {
        private ManualResetValueTaskSourceCore<FlushResult> _flush;
        private ValueTask<int> _sending;
        private Action? _sent;

        public FlushResult GetResult(short token) => _flush.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _flush.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _flush.OnCompleted(continuation, state, token, flags);

        internal ValueTask<FlushResult> Begin()
        {
            _flush.Reset();
            var flush = new ValueTask<FlushResult>(this, _flush.Version);
            SendRest();
            return flush;
        }

        private void SendRest()
        {
            try
            {
#pragma warning disable CA2012 // Consumed once, by hand: a state machine per full kernel buffer would be garbage for every slow reader.
                _sending = writer._socket.SendAsync(writer._bytes.AsMemory(writer._start, writer._end - writer._start), SocketFlags.None);
#pragma warning restore CA2012
            }
            catch (ObjectDisposedException)
            {
                End(Gone);
                return;
            }
            var awaiter = _sending.GetAwaiter();
            if (awaiter.IsCompleted) OnSent();
            else awaiter.UnsafeOnCompleted(_sent ??= OnSent);
        }

        // On the thread that completed the send, or on the one that began it.
        private void OnSent()
        {
            int count;
            try
            {
                count = _sending.GetAwaiter().GetResult();
            }
            catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                End(Gone);
                return;
            }
            writer._start += count;
            if (writer._start < writer._end) SendRest();
            else End(default);
        }

        private void End(FlushResult result)
        {
            _sending = default;
            ArrayPool<byte>.Shared.Return(writer._bytes!);
            writer._bytes = null;
            _flush.SetResult(result);
        }
    }
}
