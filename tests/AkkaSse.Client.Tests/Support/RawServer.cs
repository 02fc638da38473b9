using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AkkaSse.Client.Tests;

/// <summary>A server of bare sockets that can misbehave in any way. One script per accepted connection; its number counts from 1.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<RawConnection> _connections = new();
    private readonly Func<RawConnection, Task> _script;
    private readonly Task _accepting;
    private int _accepted;

    public RawServer(Func<RawConnection, Task> script)
    {
        _script = script;
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/events";

    public int Accepted => Volatile.Read(ref _accepted);

    public ConcurrentQueue<RawRequest> Requests { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        _stop.Dispose();
    }

    /// <summary>The head of an event stream, body delimited by the end of the connection.</summary>
    public static string Head(string contentType = "text/event-stream", string extra = "") =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {contentType}\r\nConnection: close\r\n{extra}\r\n";

    /// <summary>A whole response without a body.</summary>
    public static string Status(string status, string extra = "") =>
        $"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{extra}\r\n";

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                var connection = new RawConnection(socket, Interlocked.Increment(ref _accepted), this, _stop.Token);
                _connections.Enqueue(connection);
                _ = ServeAsync(connection);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Stopped: cancelled, or, between two calls, told that the listener does not listen.
        }
    }

    private async Task ServeAsync(RawConnection connection)
    {
        try
        {
            await Task.Yield();
            await _script(connection);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away, or the test is over.
        }
        finally
        {
            connection.Dispose();
        }
    }
}

internal sealed record RawRequest(string Method, string Target, Dictionary<string, string> Headers, string Body)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

internal sealed class RawConnection(Socket socket, int number, RawServer server, CancellationToken stopping) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public int Number => number;

    public async Task<RawRequest> ReadRequestAsync()
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head.Count < 4 || !(head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r'))
        {
            if (await _stream.ReadAsync(one, stopping) == 0)
            {
                throw new IOException("The client closed the connection.");
            }

            head.Add(one[0]);
        }

        var lines = Encoding.UTF8.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length) : 0];
        await _stream.ReadExactlyAsync(body, stopping);
        var parts = lines[0].Split(' ');
        var request = new RawRequest(parts[0], parts[1], headers, Encoding.UTF8.GetString(body));
        server.Requests.Enqueue(request);
        return request;
    }

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.UTF8.GetBytes(text), stopping).AsTask();

    /// <summary>Answers with an event stream and sends its beginning.</summary>
    public async Task StreamAsync(string text)
    {
        await ReadRequestAsync();
        await SendAsync(RawServer.Head() + text);
    }

    /// <summary>Stays until the client closes its side or the test ends.</summary>
    public async Task UntilClosedAsync()
    {
        var buffer = new byte[256];
        while (await _stream.ReadAsync(buffer, stopping) > 0)
        {
        }
    }

    public Task ForeverAsync() => Task.Delay(Timeout.Infinite, stopping);

    /// <summary>Ends the connection by a reset instead of a proper end.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => _stream.Dispose();
}
