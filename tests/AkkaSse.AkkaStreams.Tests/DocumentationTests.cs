using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Akka.Streams;
using Akka.Streams.Dsl;
using AkkaSse.AkkaStreams.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.AkkaStreams.Tests;

/// <summary>The code of docs/akka-streams.md, as it stands there.</summary>
public sealed partial class DocumentationTests : StreamsTest
{
    private readonly List<string> _handled = [];
    private readonly ConcurrentQueue<string> _shown = new();
    private bool _failed;
    private long _committed;

    private sealed record Order(string Number, string Json);

    private sealed record Message(string Topic, int Partition, long Offset, string Text);

    [Fact]
    public async Task Code_of_the_page_is_the_code_of_these_tests()
    {
        var code = Lines(await File.ReadAllTextAsync(PathOf("DocumentationTests.cs")));
        var page = (await File.ReadAllTextAsync(PathOf("../../docs/akka-streams.md"))).Split("```csharp\n")[1..].Select(
            static b => Lines(Usings().Replace(b[..b.IndexOf("```", StringComparison.Ordinal)], ""))).ToList();
        page.Count.ShouldBe(5);
        foreach (var snippet in page) code.ShouldContain(snippet);
    }

    [Fact]
    public async Task Reading_sees_what_is_published()
    {
        var hub = Hub;
        var materializer = Materializer;
        await hub.PublishAsync("orders", new SseEvent { Data = "tea" });
        var reading = ReadAsync();
        await Eventually.Until(() => _shown.Any(static l => l.EndsWith(": tea", StringComparison.Ordinal)), "the event to be shown");
        await hub.Streams.RemoveAsync("orders");
        await Eventually.Within(reading, "the end of the stream");

        async Task ReadAsync()
        {
            await SseHubSource.From(hub, "orders", StartPosition.Earliest)
                .RunForeach(e => Show(e.IsGap ? $"missing: {e.Event.Data}" : $"{e.Position}: {e.Event.Data}"), materializer);
        }
    }

    [Fact]
    public async Task Restarted_reader_goes_on_after_what_it_handled_and_ends_with_the_stream()
    {
        var hub = Hub;
        var materializer = Materializer;
        var last = StreamPosition.BeforeFirst;
        var running = RestartSource.OnFailuresWithBackoff(
            () => SseHubSource.From(hub, "orders", StartPosition.After(last))
                .SelectAsync(1, async e =>
                {
                    await HandleAsync(e);
                    last = e.Position;
                    return e;
                }),
            RestartSettings.Create(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), 0.2))
            .RunWith(Sink.Ignore<StreamEvent>(), materializer);
        for (var i = 1; i <= 10; i++) await hub.PublishAsync("orders", new SseEvent { Data = $"{i}" });
        await Eventually.Until(() => _handled.Count == 10, () => $"ten events to be handled: {string.Join(' ', _handled)}");
        await hub.Streams.RemoveAsync("orders");
        await Eventually.Within(running, "the end of the stream");
        _handled.ShouldBe(Numbers(1, 10));
    }

    [Fact]
    public async Task Reader_of_the_latest_begins_at_a_fixed_place()
    {
        var hub = Hub;
        await hub.PublishAsync("orders", new SseEvent { Data = "old" });
        var page = await hub.Streams.ReadAsync("orders", limit: 1);
        // "Unknown now" is not "absent".
        if (page.State == HistoryState.Unavailable) throw new HubException("The head of orders is unknown now.");
        var now = page.State == HistoryState.NoStream ? StreamPosition.BeforeFirst : page.Head;
        var source = SseHubSource.From(hub, "orders", StartPosition.After(now));
        await hub.PublishAsync("orders", new SseEvent { Data = "new" });
        for (var i = 0; i < 2; i++)
            (await Eventually.Within(source.RunWith(Sink.First<StreamEvent>(), Materializer), "the new event")).Event.Data.ShouldBe("new");
    }

    [Fact]
    public async Task Sink_and_flow_publish()
    {
        var hub = Hub;
        var materializer = Materializer;
        Order[] orders = [new("o1", "1"), new("o2", "2"), new("o1", "1")];
        await Source.From(orders)
            .Select(order => new PublishElement(new SseEvent { Type = "created", Data = order.Json }, idempotencyKey: order.Number))
            .RunWith(SseHubSink.Publish(hub, "orders"), materializer);
        Message[] messages = [new("t", 0, 7, "3"), new("t", 0, 8, "4")];
        var copying = Source.From(messages)
            .Select(message => (
                new PublishElement(new SseEvent { Data = message.Text }, $"{message.Topic}-{message.Partition}-{message.Offset}"),
                message.Offset))
            .Via(SseHubFlow.PublishWithContext<long>(hub, "orders").AsFlow())
            .SelectAsync(1, async published =>
            {
                await CommitAsync(published.Item2);
                return published.Item1;
            })
            .RunWith(Sink.Ignore<PublishResult>(), materializer);
        await Eventually.Within(copying, "the copy");
        (await OnStreamAsync("orders")).ShouldBe(Numbers(1, 4));
        _committed.ShouldBe(8);
    }

    // Fails the first time that it meets the fourth.
    private Task HandleAsync(StreamEvent e)
    {
        if (e.Event.Data == "4" && !_failed)
        {
            _failed = true;
            throw new InvalidOperationException("once");
        }
        lock (_handled) _handled.Add(e.Event.Data!);
        return Task.CompletedTask;
    }

    private void Show(string line) => _shown.Enqueue(line);

    private Task CommitAsync(long offset)
    {
        _committed = offset;
        return Task.CompletedTask;
    }

    private static string Lines(string text) =>
        string.Join('\n', text.Split('\n').Select(static l => l.Trim()).Where(static l => l.Length > 0));

    // Those of this file stand at its head.
    [GeneratedRegex("^using [\\w.]+;$", RegexOptions.Multiline)]
    private static partial Regex Usings();

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, file);
}
