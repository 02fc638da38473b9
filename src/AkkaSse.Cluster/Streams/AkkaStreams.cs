using Akka.Actor;
using AkkaSse.Cluster.Hosting;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>Logs over the cluster.</summary>
internal sealed class AkkaStreams(EngineContext context) : IStreamEngine, IClusterRoom
{
    public IReadOnlyList<IActorRef> Start(ClusterNode node) => [];

    public Task LeaveAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Stop()
    {
    }

    public ValueTask AppendAsync(string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation)
    {
        results.Span.Fill(new AppendResult(PublishStatus.Unavailable, default) { Error = $"the engine is {context.State}" });
        return ValueTask.CompletedTask;
    }

    public bool TryAppend(string stream, in AppendItem item, out AppendResult result)
    {
        result = default;
        return false;
    }

    public ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation) => throw new InvalidOperationException("The engine does not run.");

    public ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation) => throw new InvalidOperationException("The engine does not run.");

    public ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation) => ValueTask.FromResult(new CreateStreamResult(CreateStreamStatus.Unavailable, null));

    public ValueTask<bool> RemoveAsync(string stream, CancellationToken cancellation) => ValueTask.FromResult(false);

    public ValueTask<bool> ClearAsync(string stream, CancellationToken cancellation) => ValueTask.FromResult(false);

    public ValueTask<bool> ExistsAsync(string stream, CancellationToken cancellation) => ValueTask.FromResult(false);

    public ValueTask<StreamInfo?> GetAsync(string stream, CancellationToken cancellation) => ValueTask.FromResult<StreamInfo?>(null);

    public ValueTask<Page<StreamInfo>> ListAsync(string? prefix, string? after, int limit, CancellationToken cancellation) => ValueTask.FromResult(new Page<StreamInfo>([], null));

    public ValueTask<bool> WasRemovedAsync(string stream, CancellationToken cancellation) => ValueTask.FromResult(false);
}
