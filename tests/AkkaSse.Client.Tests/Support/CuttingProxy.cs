using System.Net;
using System.Net.Sockets;

namespace AkkaSse.Client.Tests;

/// <summary>Passes connections on and resets each after a random number of answered bytes, wherever in an event that is.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly Func<int> _bytes;
    private readonly Task _accepting;
    private int _cuts;

    public CuttingProxy(string target, Func<int> bytes)
    {
        _target = new Uri(target);
        _bytes = bytes;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public int Cuts => Volatile.Read(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await _listener.AcceptSocketAsync(_stop.Token));
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Stopped: cancelled, or, between two calls, told that the listener does not listen.
        }
    }

    private async Task PassAsync(Socket socket)
    {
        using var client = socket;
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await server.ConnectAsync(_target.Host, _target.Port, _stop.Token);
            _ = CopyAsync(client, server, int.MaxValue);
            await CopyAsync(server, client, _bytes());
            client.LingerState = new LingerOption(true, 0);
            Interlocked.Increment(ref _cuts);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // One side went away, or the test is over.
        }
    }

    private async Task CopyAsync(Socket from, Socket to, int limit)
    {
        try
        {
            var buffer = new byte[4096];
            while (limit > 0)
            {
                var count = await from.ReceiveAsync(buffer.AsMemory(0, Math.Min(limit, buffer.Length)), _stop.Token);
                if (count == 0)
                {
                    return;
                }

                limit -= count;
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // As above.
        }
    }
}
