using System.Globalization;
using System.Text;
using System.Text.Json;
using AkkaSse.Client;
using AkkaSse.Protocol;

namespace AkkaSse.PublishRig;

/// <summary>The client library: publishes that are under way at once go in one request.</summary>
internal sealed class ClientTarget(LoadOptions options) : PublishTarget(options)
{
    private readonly SseHubClient[] _nodes =
        [.. options.Nodes.Select(static n => new SseHubClient(new SseHubClientOptions { BaseAddress = n }))];

    private readonly SseEvent _event = new() { DataBytes = Encoding.ASCII.GetBytes(new string('x', options.Bytes)) };

    internal override async Task<long> StoredAsync()
    {
        using var http = new HttpClient { BaseAddress = Options.Nodes[0] };
        var stored = 0L;
        for (var s = 0; s < Options.Streams; s++)
        {
            using var info = JsonDocument.Parse(await http.GetStringAsync("/v1/streams/" + NameOf(s)).ConfigureAwait(false));
            stored += info.RootElement.GetProperty("head").GetInt64();
        }
        return stored;
    }

    private protected override async ValueTask<string?> SendAsync(int node, int stream)
    {
        var result = await _nodes[node].PublishAsync(NameOf(stream), _event).ConfigureAwait(false);
        return result.IsAccepted ? null : $"{result.Status} {result.Error}";
    }

    private string NameOf(int stream) => $"{Prefix}-{stream.ToString(CultureInfo.InvariantCulture)}";

    public override async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync().ConfigureAwait(false);
    }
}
