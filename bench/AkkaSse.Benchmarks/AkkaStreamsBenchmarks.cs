using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using AkkaSse.AkkaStreams;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using BenchmarkDotNet.Attributes;

namespace AkkaSse.Benchmarks;

/// <summary>Publishing and reading by graphs of Akka.NET Streams, into memory: what the graph costs besides the hub.</summary>
[MemoryDiagnoser]
public class AkkaStreamsBenchmarks : IChecked
{
    private const int Batch = 10_000;

    private readonly PublishElement[] _elements = [
        .. Enumerable.Repeat(new PublishElement(new SseEvent { Data = new string('x', 200) }), Batch)];
    private ActorSystem _system = null!;
    private ActorMaterializer _materializer = null!;
    private SseHub _hub = null!;

    /// <summary>Elements in one call.</summary>
    [Params(1, 100)]
    public int MaxInFlight { get; set; }

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup()
    {
        _system = ActorSystem.Create("benchmarks", "akka.loglevel = OFF");
        _materializer = _system.Materializer();
        _hub = InMemorySseHub.StartAsync().GetAwaiter().GetResult();
        for (var i = 0; i < Batch; i++) _hub.TryPublish("read", _elements[i].Event, new PublishOptions { CreateStream = true });
        Publish().GetAwaiter().GetResult();
        Answer.MustBe(_hub.Streams.GetAsync("written").AsTask().GetAwaiter().GetResult().OrThrow()!.Head, Batch);
        Answer.MustBe(ReadAll().GetAwaiter().GetResult(), (long)Batch * (Batch + 1) / 2);
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Cleanup()
    {
        _system.Terminate().GetAwaiter().GetResult();
        _hub.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Events published through a sink.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public Task Publish() =>
        Source.From(_elements).RunWith(
            SseHubSink.Publish(_hub, "written", new PublishFlowOptions { MaxInFlight = MaxInFlight }), _materializer);

    /// <summary>Events read through a source.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public Task Read() => ReadAll();

    private Task<long> ReadAll() =>
        SseHubSource.From(_hub, "read", StartPosition.Earliest).Take(Batch).RunAggregate(
            0L, static (sum, e) => sum + e.Position.Offset, _materializer);
}
