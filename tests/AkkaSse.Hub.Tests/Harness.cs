using System.IO.Pipelines;
using System.Text;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests;

/// <summary>A hub on the in-process engine; checks at its end that nothing is left behind.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private TestHub(SseHub hub, ManualTimeProvider? clock)
    {
        Hub = hub;
        Clock = clock!;
    }

    internal SseHub Hub { get; }

    /// <summary>The clock that the test moves; null on a hub with the system's.</summary>
    internal ManualTimeProvider Clock { get; }

    internal IHubEdge Edge => Hub;

    internal static Task<TestHub> StartAsync(Action<HubOptions>? configure = null, bool manual = true, params IHubObserver[] observers) =>
        StartAsync(manual ? new ManualTimeProvider() : null, configure, observers);

    internal static async Task<TestHub> StartAsync(
        ManualTimeProvider? clock, Action<HubOptions>? configure = null, params IHubObserver[] observers)
    {
        var options = new HubOptions { NodeName = "n", AutoCreate = true };
        configure?.Invoke(options);
        var hub = new SseHub(options, observers: observers, time: clock);
        await hub.StartAsync();
        return new TestHub(hub, clock);
    }

    internal async Task<PublishResult> PublishAsync(
        string stream, string data, string? type = null, PublishOptions options = default, string? id = null)
    {
        var result = await Hub.PublishAsync(stream, new SseEvent { Data = data, Type = type, Id = id }, options);
        result.Status.ShouldBe(PublishStatus.Accepted, result.Error);
        return result;
    }

    internal async Task PublishAsync(string stream, int from, int to)
    {
        for (var i = from; i <= to; i++) await PublishAsync(stream, $"{i}");
    }

    internal async Task CreateAsync(string stream, StreamOptions options) =>
        (await Hub.Streams.CreateAsync(stream, options)).Status.ShouldBeOneOf(CreateStreamStatus.Created, CreateStreamStatus.Updated);

    internal Task<TestReader> ReadAsync(string stream, StartPosition? since = null, string? lastEventId = null) =>
        ReadAsync(new SubscribeRequest { Streams = [new(stream)], Since = since, LastEventId = lastEventId });

    internal async Task<TestReader> ReadAsync(SubscribeRequest request, int pause = 64 << 10)
    {
        var admission = await Hub.ConnectAsync(request, CancellationToken.None);
        admission.Status.ShouldBe(AdmissionStatus.Accepted, admission.Error);
        return new TestReader(admission.Connection!, pause);
    }

    internal async Task NothingLeftAsync()
    {
        await Eventually.Until(() => Hub.Load is { Actors: 0, Connections: 0 }, "no connection and no actor to be left");
        Hub.Load.Streams.ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await NothingLeftAsync();
    }
}

/// <summary>One connection over a pipe, read only when the test asks: a test that does not read is a stalled peer.</summary>
internal sealed class TestReader : IAsyncDisposable
{
    private readonly Pipe _pipe;
    private readonly WatchedWriter _watched;
    private readonly CancellationTokenSource _gone = new();
    private readonly List<string> _lines = [];
    private readonly StringBuilder _line = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly Queue<RawBlock> _blocks = new();
    private int _aborted;
    private bool _ended;

    internal TestReader(IClientConnection connection, int pause)
    {
        Connection = connection;
        _pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.ThreadPool, writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: pause, resumeWriterThreshold: Math.Max(1, pause / 2), useSynchronizationContext: false));
        _watched = new WatchedWriter(_pipe.Writer);
        Running = RunAsync();
    }

    /// <summary>Waits until the connection has a flush in flight that this reader does not take.</summary>
    internal Task StalledAsync() => Eventually.Until(() => _watched.Pending, "a flush that is not done");

    internal IClientConnection Connection { get; }

    internal string Id => Connection.ClientId;

    /// <summary>Completes when the connection has ended.</summary>
    internal Task Running { get; }

    internal bool Aborted => Volatile.Read(ref _aborted) != 0;

    /// <summary>The newest id read.</summary>
    internal string? LastEventId { get; private set; }

    /// <summary>Lines since the last block.</summary>
    internal IReadOnlyList<string> Pending => _lines;

    /// <summary>Bytes handed to the pipe and read so far, for turn sizes.</summary>
    internal List<int> Reads { get; } = [];

    private async Task RunAsync()
    {
        await Connection.RunAsync(_watched, Abort, _gone.Token);
        await _pipe.Writer.CompleteAsync();
    }

    private void Abort()
    {
        Interlocked.Exchange(ref _aborted, 1);
        _pipe.Writer.CancelPendingFlush();
    }

    /// <summary>The next block; null at the end.</summary>
    internal async Task<RawBlock?> NextAsync()
    {
        while (_blocks.Count == 0 && !_ended) await FillAsync();
        if (!_blocks.TryDequeue(out var block)) return null;
        LastEventId = block.Id ?? LastEventId;
        return block;
    }

    /// <summary>The next block of that type; it must be the very next one.</summary>
    internal async Task<RawBlock> ExpectAsync(string? type)
    {
        var block = await NextAsync();
        block.ShouldNotBeNull($"the stream ended where an event of type '{type}' was due");
        block.Type.ShouldBe(type, block.ToString());
        return block;
    }

    /// <summary>The data of the next events; control events among them fail.</summary>
    internal async Task<List<string>> DataAsync(int count)
    {
        var data = new List<string>(count);
        while (data.Count < count)
        {
            var block = await NextAsync();
            block.ShouldNotBeNull($"the stream ended after {data.Count} of {count} events: {string.Join(',', data.TakeLast(5))}");
            block.Type?.StartsWith("hub.", StringComparison.Ordinal).ShouldBe(false, block.ToString());
            data.Add(block.Data!);
        }
        return data;
    }

    /// <summary>Everything up to the end.</summary>
    internal async Task<List<RawBlock>> RestAsync()
    {
        var rest = new List<RawBlock>();
        while (await NextAsync() is { } block) rest.Add(block);
        return rest;
    }

    /// <summary>Reads what has arrived until a line without a block fits, as comments between events are.</summary>
    internal async Task PendingAsync(Func<IReadOnlyList<string>, bool> fits)
    {
        while (!fits(_lines) && !_ended) await FillAsync();
        fits(_lines).ShouldBeTrue(string.Join('\n', _lines));
    }

    /// <summary>Takes what is there now, without waiting.</summary>
    internal void TakeNow()
    {
        // A writer that never pauses would keep an unbounded loop busy for ever.
        for (var reads = 0; reads < 16 && !_ended && _pipe.Reader.TryRead(out var result); reads++) Take(result);
    }

    internal IReadOnlyList<RawBlock> Blocks => [.. _blocks];

    /// <summary>The peer goes away, as a closed socket does.</summary>
    internal void Drop()
    {
        _pipe.Reader.Complete();
        _ended = true;
        _gone.Cancel();
    }

    private async Task FillAsync()
    {
        using var limit = Eventually.Limit();
        try
        {
            Take(await _pipe.Reader.ReadAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nothing more came in time; pending: {string.Join('|', _lines)}");
        }
    }

    private void Take(ReadResult result)
    {
        Reads.Add((int)result.Buffer.Length);
        foreach (var segment in result.Buffer)
        {
            var chars = new char[segment.Length + 1];
            var n = _decoder.GetChars(segment.Span, chars, false);
            foreach (var c in chars.AsSpan(0, n))
            {
                if (c != '\n')
                {
                    _line.Append(c);
                    continue;
                }
                if (_line.Length > 0)
                {
                    _lines.Add(_line.ToString());
                    _line.Clear();
                    continue;
                }
                _blocks.Enqueue(new RawBlock([.. _lines]));
                _lines.Clear();
            }
        }
        _pipe.Reader.AdvanceTo(result.Buffer.End);
        _ended = result.IsCompleted;
    }

    public async ValueTask DisposeAsync()
    {
        if (!Running.IsCompleted) Drop();
        await Eventually.Within(Running, "the connection to end");
        _gone.Dispose();
    }
}

/// <summary>A writer that knows whether its newest flush was done at once.</summary>
internal sealed class WatchedWriter(PipeWriter inner) : PipeWriter
{
    private volatile bool _pending;

    internal bool Pending => _pending;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flush = inner.FlushAsync(cancellationToken);
        _pending = !flush.IsCompleted;
        return flush;
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
