using System.Buffers;

namespace AkkaSse.Client;

/// <summary>
/// The body of one accepted response. Read by one caller; ended at once, from any thread, by its token, also while nobody reads, so that a
/// consumer who is busy with an event does not keep the socket of a disposed client.
/// </summary>
internal sealed class SseConnection : IDisposable
{
    private const int ReadBytes = 16 * 1024;

    private const int Idle = 0;
    private const int Reading = 1;
    private const int Ended = 2;

    private readonly HttpResponseMessage _response;
    private readonly CancellationTokenSource _cancellation;
    private readonly TimeSpan? _idleTimeout;
    private readonly ITimer? _idleTimer;
    private readonly CancellationTokenRegistration _registration;
    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(ReadBytes);
    private Stream? _stream;
    private int _state;
    private volatile bool _idleExpired;
    private bool _disposed;

    public SseConnection(HttpResponseMessage response, CancellationTokenSource cancellation, TimeSpan? idleTimeout, TimeProvider time)
    {
        _response = response;
        _cancellation = cancellation;
        _idleTimeout = idleTimeout;
        if (idleTimeout is not null)
        {
            _idleTimer = time.CreateTimer(
                static s => ((SseConnection)s!).ExpireIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        _registration = cancellation.Token.UnsafeRegister(static s => ((SseConnection)s!).EndFromOutside(), this);
    }

    /// <summary>Reads the next bytes.</summary>
    /// <returns>
    /// The bytes, valid until the next call; empty at the end, with the failure unless the token was cancelled by its owner.
    /// </returns>
    public async ValueTask<(ReadOnlyMemory<byte> Bytes, SseClientException? Error)> ReadAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Reading, Idle) != Idle)
        {
            return (default, IdleFailure);
        }

        try
        {
            var token = _cancellation.Token;
            _stream ??= await _response.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            var read = _stream.ReadAsync(_bytes, token);
            int count;
            if (read.IsCompleted || _idleTimer is null)
            {
                count = await read.ConfigureAwait(false);
            }
            else
            {
                _idleTimer.Change(_idleTimeout!.Value, Timeout.InfiniteTimeSpan);
                count = await read.ConfigureAwait(false);
                _idleTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            return count > 0
                ? (_bytes.AsMemory(0, count), null)
                : (default, new SseClientException(SseFailure.EndOfStream, "The server ended the stream."));
        }
        catch (Exception e) when (_cancellation.IsCancellationRequested)
        {
            // What a read reports when its connection is torn down under it varies; the cancellation is the cause.
            return (default, _idleExpired ? IdleError(e) : null);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return (default, new SseClientException(SseFailure.Interrupted, $"The connection was lost: {e.Message}", e));
        }
        finally
        {
            Interlocked.CompareExchange(ref _state, Idle, Reading);
        }
    }

    /// <summary>The failure when the idle timeout has ended this connection; else null.</summary>
    public SseClientException? IdleFailure => _idleExpired ? IdleError(null) : null;

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _registration.Unregister();
        Interlocked.Exchange(ref _state, Ended);
        _idleTimer?.Dispose();
        _response.Dispose();
        ArrayPool<byte>.Shared.Return(_bytes);
    }

    private SseClientException IdleError(Exception? inner) =>
        new(SseFailure.IdleTimeout, $"Nothing arrived for {_idleTimeout!.Value.TotalMilliseconds} ms.", inner);

    private void ExpireIdle()
    {
        _idleExpired = true;

        // CancelAsync: the continuation of the read must not run on the timer's thread.
        _ = _cancellation.CancelAsync();
    }

    private void EndFromOutside()
    {
        // A pending read ends by the token itself; disposing the response under it would race with it.
        if (Interlocked.CompareExchange(ref _state, Ended, Idle) == Idle)
        {
            _response.Dispose();
        }
    }
}
