using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AkkaSse.Testing;

/// <summary>
/// One TCP connection that speaks HTTP/1.1 byte by byte: what is sent is exactly what the test wrote (no client normalises the request
/// target), and a body is read as it arrives. One request at a time; not thread-safe.
/// </summary>
public sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start, _end;
    private long _remaining;
    private bool _chunked, _untilClose, _bodyEnded = true;

    private RawConnection(Socket socket) => _socket = socket;

    /// <summary>The socket, for tests that freeze or reset it.</summary>
    public Socket Socket => _socket;

    /// <summary>Connects.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="receiveBuffer">Bytes of the kernel's receive buffer; small for a peer that stops reading.</param>
    public static async Task<RawConnection> OpenAsync(Uri server, int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size) socket.ReceiveBufferSize = size;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(server.Host), server.Port)).WaitAsync(
                Eventually.Deadline, GrantedTime.Instance).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        return new RawConnection(socket);
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var sent = await _socket.SendAsync(bytes).AsTask().WaitAsync(Eventually.Deadline, GrantedTime.Instance).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Sends text as Latin-1, so that any byte can be written.</summary>
    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends a request head: request line, Host, the given header lines.</summary>
    public Task WriteHeadAsync(string method, string target, params IEnumerable<string> headers)
    {
        var text = new StringBuilder().Append(method).Append(' ').Append(target).Append(" HTTP/1.1\r\n");
        var lines = headers.ToList();
        if (!lines.Any(h => h.StartsWith("Host:", StringComparison.OrdinalIgnoreCase))) text.Append("Host: localhost\r\n");
        foreach (var line in lines) text.Append(line).Append("\r\n");
        return WriteAsync(text.Append("\r\n").ToString());
    }

    /// <summary>
    /// Reads a response head; a body is then read with <see cref="ReadBodyAsync"/>. Informational responses (100) are skipped.
    /// </summary>
    /// <param name="method">The request's method: an answer to HEAD has no body.</param>
    public async Task<RawResponse> ReadHeadAsync(string method = "GET")
    {
        while (true)
        {
            var status = await ReadLineAsync().ConfigureAwait(false);
            var parts = status.Split(' ', 3);
            if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.1", StringComparison.Ordinal))
                throw new InvalidDataException($"Not a status line: '{status}'.");
            var headers = new List<KeyValuePair<string, string>>();
            while (await ReadLineAsync().ConfigureAwait(false) is { Length: > 0 } line)
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
            }
            var response = new RawResponse(int.Parse(parts[1], CultureInfo.InvariantCulture), headers, []);
            if (response.Status is >= 100 and < 200) continue;
            StartBody(response, method);
            return response;
        }
    }

    /// <summary>
    /// Reads what has arrived of the body; 0 when it has ended (cleanly: with the last chunk, the announced length, or a FIN).
    /// </summary>
    /// <exception cref="IOException">The connection broke off before the end.</exception>
    public async Task<int> ReadBodyAsync(Memory<byte> target, CancellationToken cancellation = default)
    {
        if (_bodyEnded) return 0;
        if (_chunked && _remaining == 0)
        {
            var size = await ReadLineAsync(cancellation).ConfigureAwait(false);
            _remaining = long.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (_remaining == 0)
            {
                while (await ReadLineAsync(cancellation).ConfigureAwait(false) is { Length: > 0 }) { }
                _bodyEnded = true;
                return 0;
            }
        }
        if (_start == _end && !await FillAsync(cancellation).ConfigureAwait(false))
        {
            if (!_untilClose) throw new IOException("The connection ended inside the body.");
            _bodyEnded = true;
            return 0;
        }
        var count = Math.Min(target.Length, _end - _start);
        if (!_untilClose) count = (int)Math.Min(count, _remaining);
        _buffer.AsMemory(_start, count).CopyTo(target);
        _start += count;
        if (_untilClose) return count;
        _remaining -= count;
        if (_remaining > 0) return count;
        if (!_chunked) _bodyEnded = true;
        else await ReadLineAsync(cancellation).ConfigureAwait(false);
        return count;
    }

    /// <summary>Reads the rest of the body.</summary>
    public async Task<byte[]> ReadBodyToEndAsync()
    {
        using var deadline = Eventually.Limit();
        using var all = new MemoryStream();
        var part = new byte[16 * 1024];
        while (await ReadBodyAsync(part, deadline.Token).ConfigureAwait(false) is > 0 and var n) all.Write(part, 0, n);
        return all.ToArray();
    }

    /// <summary>True when the peer closes or resets the connection within the deadline and sends nothing more.</summary>
    public async Task<bool> WaitForCloseAsync()
    {
        using var cancel = Eventually.Limit();
        try
        {
            while (await FillAsync(cancel.Token).ConfigureAwait(false)) _start = _end;
            return true;
        }
        catch (IOException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Ends the connection with RST instead of FIN, as a killed process with unread data does.</summary>
    public void Reset() => _socket.Close(0);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private void StartBody(RawResponse response, string method)
    {
        var length = response.Header("Content-Length");
        _chunked = response.Header("Transfer-Encoding") is "chunked";
        _remaining = length is null ? 0 : long.Parse(length, CultureInfo.InvariantCulture);
        _untilClose = !_chunked && length is null;
        _bodyEnded = method == "HEAD" || response.Status is 204 or 304 || (!_chunked && !_untilClose && _remaining == 0);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellation = default)
    {
        using var deadline = cancellation.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellation)
            : Eventually.Limit();
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync(deadline.Token).ConfigureAwait(false))
                throw new IOException("The connection ended inside a line: '" + line + "'.");
            var feed = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            var until = feed < 0 ? _end : feed + 1;
            line.Append(Encoding.Latin1.GetString(_buffer, _start, until - _start));
            _start = until;
            if (feed >= 0) return line.ToString().TrimEnd('\r', '\n');
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellation)
    {
        if (_start == _end) _start = _end = 0;
        try
        {
            var n = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            _end += n;
            return n > 0;
        }
        catch (SocketException e)
        {
            throw new IOException("The connection broke: " + e.SocketErrorCode, e);
        }
    }
}
