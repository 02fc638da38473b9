using AkkaSse.Hub;
using AkkaSse.Protocol;
using BenchmarkDotNet.Attributes;

namespace AkkaSse.Benchmarks;

/// <summary>
/// A publish and the whole fan-out pass of it: append, lanes, one turn, copy and flush per reader. Per operation means per delivery; in
/// steady state a delivery
/// allocates nothing, what is shown is the publish and the log's chunks, divided by the readers.
/// </summary>
[MemoryDiagnoser]
public class FanOutBenchmarks : IChecked
{
    private const int Readers = 1_000;
    private const int Batch = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SseEvent _event = new() { Type = "created", DataBytes = new byte[200].Select(static _ => (byte)'x').ToArray() };
    private readonly List<CountingWriter> _writers = [];
    private readonly List<IClientConnection> _connections = [];
    private readonly long[] _before = new long[Readers];
    private SseHub _hub = null!;
    private int _frameBytes;

    /// <summary>Streams that each reader reads: one is copied in slices, several frame by frame with a token.</summary>
    [Params(1, 4)]
    public int Streams { get; set; }

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    /// <summary>One event to every reader.</summary>
    [Benchmark(OperationsPerInvoke = Readers)]
    public long OneEvent() => Publish(1);

    /// <summary>Sixteen events to every reader, published at once: what a reader missed goes out together.</summary>
    [Benchmark(OperationsPerInvoke = Readers * Batch)]
    public long SixteenEvents() => Publish(Batch);

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Cleanup() => _hub.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task SetupAsync()
    {
        _hub = new SseHub(new HubOptions { AutoCreate = true, Heartbeat = TimeSpan.Zero,
            StreamDefaults = new StreamOptions { MaxEvents = 10_000 } });
        await _hub.StartAsync();
        var names = Enumerable.Range(0, Streams).Select(static i => $"s{i}").ToArray();
        // From 10 000 on an offset has five digits for 90 000 events, so that all frames of the checks have one size.
        foreach (var name in names)
        {
            for (var i = 0; i < 10_000; i++) await _hub.PublishAsync(name, _event);
        }
        for (var i = 0; i < Readers; i++)
        {
            var admission = await _hub.ConnectAsync(
                new SubscribeRequest { Streams = [.. names.Select(static n => new StreamSubscription(n))], Ids = Streams == 1
                    ? WireIds.Position : WireIds.Token }, default);
            var writer = new CountingWriter();
            _ = admission.Connection!.RunAsync(writer, static () => { }, default);
            _writers.Add(writer);
            _connections.Add(admission.Connection);
        }
        // The first blocks are out when every writer has some and nothing more comes.
        WaitUntil(() => _writers.TrueForAll(static w => w.FlushedBytes > 0), "the first blocks of all readers");
        var before = _writers.ConvertAll(static w => w.FlushedBytes);
        _hub.PublishAsync("s0", _event).AsTask().GetAwaiter().GetResult();
        WaitUntil(() => _writers.Zip(before).All(static p => p.First.FlushedBytes > p.Second), "one event at all readers");
        _frameBytes = (int)(_writers[0].FlushedBytes - before[0]);
        for (var i = 0; i < Readers; i++) Answer.MustBe(_writers[i].FlushedBytes - before[i], (long)_frameBytes);
        Answer.MustBe(_frameBytes > "event: created\ndata: ".Length + 200, true);
        before = _writers.ConvertAll(static w => w.FlushedBytes);
        Publish(Batch);
        for (var i = 0; i < Readers; i++) Answer.MustBe(_writers[i].FlushedBytes - before[i], (long)_frameBytes * Batch);
    }

    private long Publish(int events)
    {
        for (var i = 0; i < _before.Length; i++) _before[i] = _writers[i].FlushedBytes;
        for (var i = 0; i < events; i++) _hub.TryPublish("s0", _event);
        // Growing offsets make frames longer and never shorter, so at least this much means that all have arrived.
        var more = (long)events * _frameBytes;
        for (var i = 0; i < _before.Length; i++) Spin(_writers[i], _before[i] + more);
        return _writers[^1].FlushedBytes;
    }

    private static void Spin(CountingWriter writer, long bytes)
    {
        var wait = new SpinWait();
        while (writer.FlushedBytes < bytes) wait.SpinOnce(sleep1Threshold: -1);
    }

    private static void WaitUntil(Func<bool> condition, string what)
    {
        var until = DateTime.UtcNow + Patience;
        while (!condition())
        {
            if (DateTime.UtcNow > until) throw new WrongAnswerException($"Waited {Patience.TotalSeconds} s for {what}.");
            Thread.Yield();
        }
    }
}
