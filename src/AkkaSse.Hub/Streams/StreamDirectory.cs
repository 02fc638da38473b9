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
        string[] faults = wanted is null ? [] : [.. wanted.Validate(), .. options.CeilingFaults(stream, wanted)];
        if (faults.Length > 0) return new(new CreateStreamResult(CreateStreamStatus.Invalid, null, string.Join(' ', faults)));
        if (!state.IsUp) return new(new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The hub is not running."));
        return engine.Streams.CreateAsync(stream, wanted, cancellation);
    }

    public ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation) =>
        WithoutEngine(stream, false) is { } answer ? new(answer) : engine.Streams.RemoveAsync(stream, cancellation);

    public ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation) =>
        WithoutEngine(stream, false) is { } answer ? new(answer) : engine.Streams.ClearAsync(stream, cancellation);

    public ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation) =>
        WithoutEngine(stream, false, reads: true) is { } answer ? new(answer) : engine.Streams.ExistsAsync(stream, cancellation);

    public async ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation)
    {
        if (WithoutEngine<StreamInfo?>(stream, null, reads: true) is { } answer) return answer;
        return (await engine.Streams.GetAsync(stream, cancellation).ConfigureAwait(false))
            .Select(found => found is null ? null : WithReaders(found));
    }

    public async ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation)
    {
        HubRules.CheckLimit(limit);
        HubRules.CheckText(prefix, nameof(prefix));
        HubRules.CheckText(after, nameof(after));
        if (!state.IsUp) return default;
        return (await engine.Streams.ListAsync(prefix, after, limit, cancellation).ConfigureAwait(false))
            .Select(page => page with { Items = [.. page.Items.Select(WithReaders)] });
    }

    public ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        HubRules.CheckLimit(limit);
        if (WithoutEngine(stream, HistoryState.NoStream, reads: true) is not { } answer)
            return engine.Streams.ReadAsync(stream, after, limit, cancellation);
        return new(new HistoryPage { State = answer.TryGet(out var none) ? none : HistoryState.Unavailable, Events = [] });
    }

    // Null: the engine is asked. A hub that does not run cannot say; a name that no stream may have is nobody's.
    private EngineAnswer<T>? WithoutEngine<T>(string stream, T absent, bool reads = false)
    {
        if (!state.IsUp) return default(EngineAnswer<T>);
        var fault = reads ? options.CheckReadableName(stream) : options.CheckStreamName(stream);
        return fault is null ? null : new EngineAnswer<T>(absent);
    }

    private StreamInfo WithReaders(StreamInfo stream) => stream with { LocalReaders = table.ReadersOf(stream.Name) };
}
