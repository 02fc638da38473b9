using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;

namespace AkkaSse.Hub.Tests.Engine;

/// <summary>
/// The in-process engine behind a door: while it is shut, readers are attached to no stream and no question about a stream is answered, as
/// while the owner of the streams is away.
/// </summary>
/// <param name="values">The values of another node; null for its own.</param>
internal sealed class HeldEngine(IKeyValueEngine? values = null) : IHubEngine, IStreamEngine
{
    private readonly InProcessEngine _inner = new();
    private volatile TaskCompletionSource _open = Opened();
    private IEngineHost? _host;

    public string Name => "held";

    public EngineState State { get; private set; }

    public IStreamEngine Streams => this;

    public IClaimEngine Claims => _inner.Claims;

    public INodeEngine Nodes => _inner.Nodes;

    public IKeyValueEngine Values => values ?? HeldValues;

    /// <summary>Its own values, which have a door of their own; from the start on.</summary>
    internal HeldValues HeldValues { get; private set; } = null!;

    public long LogBytes => _inner.LogBytes;

    /// <summary>The streams themselves, as another node reaches them.</summary>
    internal IStreamEngine Elsewhere => _inner.Streams;

    internal void Shut() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Open() => _open.TrySetResult();

    internal void Enter(EngineState state)
    {
        State = state;
        _host!.OnStateChanged(state);
    }

    public async ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        await _inner.StartAsync(host, cancellation);
        HeldValues = new HeldValues(_inner.Values);
        (_host, State) = (host, EngineState.Ready);
    }

    public ValueTask DrainAsync(CancellationToken cancellation) => _inner.DrainAsync(cancellation);

    public ValueTask DisposeAsync()
    {
        Open();
        HeldValues?.Open();
        return _inner.DisposeAsync();
    }

    public void Sweep() => _inner.Sweep();

    public ValueTask AppendAsync(
        string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, CancellationToken cancellation) =>
        Elsewhere.AppendAsync(stream, items, results, cancellation);

    public bool TryAppend(string stream, in AppendItem item, out AppendResult result) => Elsewhere.TryAppend(stream, item, out result);

    public async ValueTask<IStreamAttachment> AttachAsync(string stream, IStreamSink sink, CancellationToken cancellation)
    {
        await _open.Task.WaitAsync(cancellation);
        return await Elsewhere.AttachAsync(stream, sink, cancellation);
    }

    public async ValueTask<HistoryPage> ReadAsync(string stream, StreamPosition? after, int limit, CancellationToken cancellation)
    {
        await _open.Task;
        return await Elsewhere.ReadAsync(stream, after, limit, cancellation);
    }

    public ValueTask<CreateStreamResult> CreateAsync(string stream, StreamOptions? options, CancellationToken cancellation) =>
        Elsewhere.CreateAsync(stream, options, cancellation);

    public ValueTask<EngineAnswer<bool>> RemoveAsync(string stream, CancellationToken cancellation) =>
        AnswerAsync(() => Elsewhere.RemoveAsync(stream, cancellation));

    public ValueTask<EngineAnswer<bool>> ClearAsync(string stream, CancellationToken cancellation) =>
        AnswerAsync(() => Elsewhere.ClearAsync(stream, cancellation));

    public ValueTask<EngineAnswer<bool>> ExistsAsync(string stream, CancellationToken cancellation) =>
        AnswerAsync(() => Elsewhere.ExistsAsync(stream, cancellation));

    public ValueTask<EngineAnswer<StreamInfo?>> GetAsync(string stream, CancellationToken cancellation) =>
        AnswerAsync(() => Elsewhere.GetAsync(stream, cancellation));

    public ValueTask<EngineAnswer<Page<StreamInfo>>> ListAsync(
        string? prefix, string? after, int limit, CancellationToken cancellation) =>
        AnswerAsync(() => Elsewhere.ListAsync(prefix, after, limit, cancellation));

    public ValueTask<EngineAnswer<bool>> WasRemovedAsync(string stream, CancellationToken cancellation) =>
        AnswerAsync(() => Elsewhere.WasRemovedAsync(stream, cancellation));

    private async ValueTask<EngineAnswer<T>> AnswerAsync<T>(Func<ValueTask<EngineAnswer<T>>> ask)
    {
        await _open.Task;
        return await ask();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
