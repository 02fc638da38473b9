using System.Net.Sockets;
using System.Text;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests.Monitoring;

/// <summary>A node on which everything goes on that instruments measure, until it is disposed.</summary>
internal sealed class BusyNode : IAsyncDisposable
{
    private readonly string _data;
    private readonly TestServer _server;
    private readonly CancellationTokenSource _end = new();
    private readonly List<StreamReading> _readers = [];
    private Task _work = Task.CompletedTask;

    private BusyNode(TestServer server, string data) => (_server, _data) = (server, data);

    internal Uri Url => _server.Url;

    internal HttpClient Http => _server.Http;

    internal static async Task<BusyNode> StartAsync()
    {
        var data = Directory.CreateTempSubdirectory("akkasse-busy-").FullName;
        var server = await TestServer.StartAsync("--data", data, "--set", "Namespaces:chat/:MaxReaders=100", "--set",
            "Limits:Publishes=1000000");
        var node = new BusyNode(server, data);
        await node.BeginAsync();
        return node;
    }

    private async Task BeginAsync()
    {
        foreach (var query in new[] { "stream=chat/a", "stream=news", "stream=chat/a&stream=news" })
        {
            var reader = await _server.ReadAsync("/v1/events?" + query);
            await reader.NextAsync("hub.open");
            _readers.Add(reader);
        }
        // Somebody with a position that nobody knows has a gap, and goes.
        await using (var lost = await _server.ReadAsync("/v1/events?stream=news", "7-nowhere")) await lost.NextAsync("hub.gap");
        await RoundAsync();
        _work = Task.Run(WorkAsync);
    }

    private async Task WorkAsync()
    {
        while (!_end.IsCancellationRequested) await RoundAsync();
    }

    private async Task RoundAsync()
    {
        foreach (var stream in new[] { "chat/a", "news" })
            (await Http.PostAsync("/v1/publish?stream=" + stream, new StringContent("x"))).EnsureSuccessStatusCode();
        // The same key with another event is refused.
        for (var i = 0; i < 2; i++)
        {
            using var keyed = new HttpRequestMessage(HttpMethod.Post, "/v1/publish?stream=chat/a");
            keyed.Headers.Add("Idempotency-Key", "key");
            keyed.Content = new StringContent($"{i}");
            (await Http.SendAsync(keyed)).Dispose();
        }
        await StallAsync();
    }

    // A reader that does not read until more is published than the sockets take: the flush waits for it.
    private async Task StallAsync()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 << 10 };
        await socket.ConnectAsync(Url.Host, Url.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/streams/large/events HTTP/1.1\r\nHost: {Url.Authority}\r\n\r\n"));
        var buffer = new byte[64 << 10];
        (await socket.ReceiveAsync(buffer)).ShouldBeGreaterThan(0);
        const int Events = 16;
        var large = new string('x', 64 << 10);
        for (var i = 0; i < Events; i++)
            (await Http.PostAsync("/v1/publish?stream=large", new StringContent(large))).EnsureSuccessStatusCode();
        for (var left = Events * large.Length; left > 0;)
        {
            var count = await socket.ReceiveAsync(buffer);
            count.ShouldBeGreaterThan(0);
            left -= count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _work;
        foreach (var reader in _readers) await reader.DisposeAsync();
        await _server.DisposeAsync();
        _end.Dispose();
        Directory.Delete(_data, recursive: true);
    }
}
