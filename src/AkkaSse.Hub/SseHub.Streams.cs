namespace AkkaSse.Hub;

public sealed partial class SseHub : IStreamDirectory
{
    private const int MaxPage = 1_000;

    ValueTask<CreateStreamResult> IStreamDirectory.CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation)
    {
        if (CheckStreamName(stream) is { } fault) return new(new CreateStreamResult(CreateStreamStatus.Invalid, null, fault));
        var faults = options?.Validate().ToArray() ?? [];
        if (faults.Length > 0) return new(new CreateStreamResult(CreateStreamStatus.Invalid, null, string.Join(' ', faults)));
        if (!IsUp) return new(new CreateStreamResult(CreateStreamStatus.Unavailable, null, "The hub is not running."));
        return _engine.Streams.CreateAsync(stream, options, cancellation);
    }

    ValueTask<bool> IStreamDirectory.RemoveAsync(string stream, CancellationToken cancellation) =>
        !IsUp || CheckStreamName(stream) is not null ? new(false) : _engine.Streams.RemoveAsync(stream, cancellation);

    ValueTask<bool> IStreamDirectory.ClearAsync(string stream, CancellationToken cancellation) =>
        !IsUp || CheckStreamName(stream) is not null ? new(false) : _engine.Streams.ClearAsync(stream, cancellation);

    async ValueTask<bool> IStreamDirectory.ExistsAsync(string stream, CancellationToken cancellation) =>
        IsUp && CheckStreamName(stream) is null && await _engine.Streams.ExistsAsync(stream, cancellation).ConfigureAwait(false);

    async ValueTask<StreamInfo?> IStreamDirectory.GetAsync(string stream, CancellationToken cancellation) =>
        !IsUp || CheckStreamName(stream) is not null ? null : WithReaders(await _engine.Streams.GetAsync(stream, cancellation).ConfigureAwait(false));

    async ValueTask<Page<StreamInfo>> IStreamDirectory.ListAsync(string? prefix, string? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        if (!IsUp) return new Page<StreamInfo>([], null);
        var page = await _engine.Streams.ListAsync(prefix, after, limit, cancellation).ConfigureAwait(false);
        return page with { Items = [.. page.Items.Select(s => WithReaders(s)!)] };
    }

    ValueTask<HistoryPage> IStreamDirectory.ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        if (!IsUp || CheckStreamName(stream) is not null) return new(new HistoryPage { State = IsUp ? HistoryState.NoStream : HistoryState.Unavailable, Events = [] });
        return _engine.Streams.ReadAsync(stream, after, limit, cancellation);
    }

    private bool IsUp => Phase is HubPhase.Running or HubPhase.Draining;

    private StreamInfo? WithReaders(StreamInfo? stream) => stream is null ? null : stream with { LocalReaders = _streams!.ReadersOf(stream.Name) };
}
