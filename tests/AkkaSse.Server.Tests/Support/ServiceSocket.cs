using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace AkkaSse.Server.Tests.Support;

/// <summary>The socket on which a service manager hears of its services, as systemd gives it to them in <c>NOTIFY_SOCKET</c>.</summary>
internal sealed class ServiceSocket : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkasse-notify-").FullName;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly Task _hearing;

    internal ServiceSocket()
    {
        Path = System.IO.Path.Combine(_folder, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _hearing = HearAsync();
    }

    internal string Path { get; }

    internal Dictionary<string, string> Environment => new() { ["NOTIFY_SOCKET"] = Path };

    /// <summary>The first lines of what was said so far, in order.</summary>
    internal IReadOnlyList<string> Heard => [.. _heard.Select(static m => m.Split('\n')[0])];

    internal int Count(string state) => Heard.Count(h => h == state);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _hearing;
        Directory.Delete(_folder, recursive: true);
    }

    private async Task HearAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer, SocketFlags.None);
                _heard.Enqueue(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Disposed of.
        }
    }
}
