using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// Decides whether a call on a stream reaches the engine, and adds this node's readers to what the engine says; given the engine, the
/// stream table, and the node's state and options. Thread-safe.
/// </summary>
internal sealed class StreamDirectory(IHubEngine engine, StreamTable table, HubState state, HubOptions options) : IStreamDirectory
{
    public ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? wanted, CancellationToken cancellation)
    {
        if (options.CheckStreamName(stream) is { } fault) return new(new CreateStreamResult(CreateStreamStatus.Invalid, null, fault));
        var faults = wanted?.Validate().ToArray() ?? [];
        if (faults.Length > 0) return new(new CreateStreamResult(CreateStreamStatus.Invalid, null, string.Join(' ', faults)));
        if (!state.IsUp) return new(new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The hub is not running."));
        return engine.Streams.CreateAsync(stream, wanted, cancellation);
    }

    public ValueTask<bool> RemoveAsync(string stream, CancellationToken cancellation) =>
        IsReachable(stream) ? engine.Streams.RemoveAsync(stream, cancellation) : new(false);

    public ValueTask<bool> ClearAsync(string stream, CancellationToken cancellation) =>
        IsReachable(stream) ? engine.Streams.ClearAsync(stream, cancellation) : new(false);

    public async ValueTask<bool> ExistsAsync(string stream, CancellationToken cancellation) =>
        IsReachable(stream) && await engine.Streams.ExistsAsync(stream, cancellation).ConfigureAwait(false);

    public async ValueTask<StreamInfo?> GetAsync(string stream, CancellationToken cancellation)
    {
        if (!IsReachable(stream)) return null;
        return await engine.Streams.GetAsync(stream, cancellation).ConfigureAwait(false) is { } found ? WithReaders(found) : null;
    }

    public async ValueTask<Page<StreamInfo>> ListAsync(string? prefix, string? after, int limit, CancellationToken cancellation)
    {
        HubRules.CheckLimit(limit);
        if (!state.IsUp) return new Page<StreamInfo>([], null);
        var page = await engine.Streams.ListAsync(prefix, after, limit, cancellation).ConfigureAwait(false);
        return page with { Items = [.. page.Items.Select(WithReaders)] };
    }

    public ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        HubRules.CheckLimit(limit);
        if (IsReachable(stream)) return engine.Streams.ReadAsync(stream, after, limit, cancellation);
        return new(new HistoryPage { State = state.IsUp ? HistoryState.NoStream : HistoryState.Unavailable, Events = [] });
    }

    private bool IsReachable(string stream) => state.IsUp && options.CheckStreamName(stream) is null;

    private StreamInfo WithReaders(StreamInfo stream) => stream with { LocalReaders = table.ReadersOf(stream.Name) };
}
