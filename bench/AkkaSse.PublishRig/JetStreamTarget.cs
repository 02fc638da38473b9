using System.Diagnostics;
using System.Globalization;
using System.Text;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace AkkaSse.PublishRig;

/// <summary>JetStream of nats-server: one stream with three replicas in memory for each stream, acknowledged publishes.</summary>
internal sealed class JetStreamTarget : PublishTarget
{
    private readonly NatsConnection[] _connections;
    private readonly NatsJSContext[] _nodes;
    private readonly byte[] _body;
    private int _made;

    internal JetStreamTarget(LoadOptions options)
        : base(options)
    {
        _connections = [.. options.Nodes.Select(static node => new NatsConnection(new NatsOpts { Url = node.ToString() }))];
        _nodes = [.. _connections.Select(static c => new NatsJSContext(c))];
        _body = Encoding.ASCII.GetBytes(new string('x', options.Bytes));
    }

    internal override async Task BeginAsync()
    {
        for (; _made < Options.Streams; _made++)
        {
            var limit = Stopwatch.StartNew();
            while (true)
            {
                try
                {
                    await CreateAsync(NameOf(_made)).ConfigureAwait(false);
                    break;
                }
                catch (NatsJSApiException e) when (e.Error.Code == 503 && limit.Elapsed < TimeSpan.FromSeconds(20))
                {
                    // The servers have not found each other yet, or their leader.
                    await Task.Delay(100).ConfigureAwait(false);
                }
            }
        }
    }

    // The bounds of the streams may have let events go: the last sequence counts them all.
    internal override async Task<long> StoredAsync()
    {
        var stored = 0L;
        for (var s = 0; s < Options.Streams; s++)
            stored += (long)(await _nodes[0].GetStreamAsync(NameOf(s)).ConfigureAwait(false)).Info.State.LastSeq;
        return stored;
    }

    private protected override async ValueTask<string?> SendAsync(int node, int stream)
    {
        try
        {
            var ack = await _nodes[node].PublishAsync(NameOf(stream), _body).ConfigureAwait(false);
            return ack.Error?.Description;
        }
        catch (NatsException e)
        {
            return e.Message;
        }
    }

    private async Task CreateAsync(string name) => await _nodes[0].CreateStreamAsync(new StreamConfig(name, [name])
    {
        Storage = StreamConfigStorage.Memory,
        NumReplicas = Options.Nodes.Count,
        MaxBytes = 64 << 20,
        MaxMsgs = 100_000,
    }).ConfigureAwait(false);

    private string NameOf(int stream) => $"{Prefix}-{stream.ToString(CultureInfo.InvariantCulture)}";

    // Streams of this run would take memory from the next one's.
    public override async ValueTask DisposeAsync()
    {
        for (var s = 0; s < _made; s++) await _nodes[0].DeleteStreamAsync(NameOf(s)).ConfigureAwait(false);
        foreach (var connection in _connections) await connection.DisposeAsync().ConfigureAwait(false);
    }
}
