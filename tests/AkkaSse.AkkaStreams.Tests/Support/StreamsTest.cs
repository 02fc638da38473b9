using Akka.Configuration;
using Akka.Streams;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.AkkaStreams.Tests.Support;

/// <summary>An ActorSystem with a materializer and a hub in memory; checks at the end that no reader is left.</summary>
public abstract class StreamsTest : Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    // Deadlines as everywhere in the house: two cores may be shared by many test processes.
    private static readonly Config s_config = ConfigurationFactory.ParseString(
        """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.test.single-expect-default = 30s
        """);

    protected StreamsTest()
        : base(s_config) => Materializer = Sys.Materializer();

    protected ActorMaterializer Materializer { get; }

    protected SseHub Hub { get; private set; } = null!;

    public async Task InitializeAsync() => Hub = await InMemorySseHub.StartAsync(Configure);

    public async Task DisposeAsync()
    {
        Materializer.Shutdown();
        await NoReaderIsLeftAsync();
        await Hub.DisposeAsync();
    }

    protected virtual void Configure(HubOptions options)
    {
    }

    protected Task NoReaderIsLeftAsync() => Eventually.Until(() => Hub.Load.Actors == 0, "no reader to be left");

    protected Task ReadersAsync(int count) =>
        Eventually.Until(async () => (await Hub.Streams.GetAsync("s")).OrThrow()?.LocalReaders == count, $"{count} readers of the stream");

    protected async Task PublishAsync(int from, int to)
    {
        for (var i = from; i <= to; i++) (await Hub.PublishAsync("s", new SseEvent { Data = $"{i}" })).IsAccepted.ShouldBeTrue();
    }

    /// <summary>The data of everything on a stream.</summary>
    protected async Task<List<string>> OnStreamAsync(string stream = "s")
    {
        var all = new List<string>();
        StreamPosition? after = null;
        while (true)
        {
            var page = await Hub.Streams.ReadAsync(stream, after);
            all.AddRange(page.Events.Select(static e => e.Event.Data!));
            if (!page.HasMore) return all;
            after = page.Events[^1].Position;
        }
    }

    protected static string Told(StreamEvent e) => $"{(e.IsGap ? "gap" : e.Event.Data)}@{e.Position.Offset}";

    protected static PublishElement Element(int i, bool keyed = true) => new(new SseEvent { Data = $"{i}" }, keyed ? $"key-{i}" : null);

    protected static IEnumerable<string> Numbers(int from, int to) => Enumerable.Range(from, to - from + 1).Select(static i => $"{i}");
}
