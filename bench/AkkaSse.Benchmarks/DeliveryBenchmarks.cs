using AkkaSse.Hub;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Streams;
using BenchmarkDotNet.Attributes;

namespace AkkaSse.Benchmarks;

/// <summary>
/// One reader's turn, without publish, append and kernel: from the signal to the flush. The setup demands that it allocates nothing; the
/// column of allocated bytes shows the events' share of the log's chunks and no more.
/// </summary>
[MemoryDiagnoser]
public class DeliveryBenchmarks : IChecked
{
    private const int Events = 16;
    private const int Turns = 256;

    private readonly CountingWriter _writer = new();
    private readonly byte[] _frame = [.. "data: "u8, .. Enumerable.Repeat((byte)'x', 200), (byte)'\n'];
    private SseHub _hub = null!;
    private ClientActor _client = null!;
    private StreamLog _log = null!;

    /// <summary>Streams that the reader reads: one is copied in slices, several frame by frame with a token.</summary>
    [Params(1, 8)]
    public int Streams { get; set; }

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult();

    /// <summary>Sixteen events that the reader has missed, in one turn.</summary>
    [Benchmark(OperationsPerInvoke = Turns)]
    public long Turn()
    {
        for (var i = 0; i < Turns; i++)
        {
            Append();
            _client.SignalInline();
        }
        return _writer.FlushedBytes;
    }

    /// <summary>Nothing has come: what a signal costs that finds nothing.</summary>
    [Benchmark(OperationsPerInvoke = Turns)]
    public long Nothing()
    {
        for (var i = 0; i < Turns; i++) _client.SignalInline();
        return _writer.FlushedBytes;
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Cleanup() => _hub.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task SetupAsync()
    {
        _hub = new SseHub(new HubOptions
        {
            AutoCreate = true,
            Heartbeat = TimeSpan.Zero,
            StreamDefaults = new StreamOptions { MaxEvents = 10_000 },
        });
        await _hub.StartAsync();
        var names = Enumerable.Range(0, Streams).Select(static i => $"s{i}").ToArray();
        foreach (var name in names) await _hub.PublishAsync(name, new Protocol.SseEvent { Data = "before" });
        var admission = await _hub.ConnectAsync(new SubscribeRequest
        {
            Streams = [.. names.Select(static n => new StreamSubscription(n))],
            Ids = Streams == 1 ? WireIds.Position : WireIds.Token,
        }, default);
        _client = (ClientActor)admission.Connection!;
        _ = _client.RunAsync(_writer, static () => { }, default);
        var wait = new SpinWait();
        while (_writer.FlushedBytes == 0) wait.SpinOnce();
        _log = _client.CursorSnapshot[0].LocalStream.Log;
        Check();
    }

    private void Check()
    {
        var allocated = 0L;
        for (var i = -10; i < 1_000; i++)
        {
            Append();
            var bytes = _writer.FlushedBytes;
            var before = GC.GetAllocatedBytesForCurrentThread();
            _client.SignalInline();
            var after = GC.GetAllocatedBytesForCurrentThread();
            Answer.MustBe(_writer.FlushedBytes - bytes > (_frame.Length + 1) * Events, true);
            // The first turns make what the thread keeps.
            if (i >= 0) allocated += after - before;
        }
        Answer.MustBe(allocated, 0L);
        var idle = _writer.FlushedBytes;
        Answer.MustBe(Nothing(), idle);
    }

    private void Append()
    {
        for (var i = 0; i < Events; i++) _log.Append(new LogFrame { Head = _frame, At = 1 }, out _);
    }
}
