using System.Diagnostics;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Xunit.Abstractions;

namespace AkkaSse.Cluster.Tests;

/// <summary>Measures when AKKASSE_MEASURE is set; otherwise runs a tenth of a second of the same, which only shows that it works. All nodes are in this process and share its cores.</summary>
public sealed class Measurements(ITestOutputHelper output)
{
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("AKKASSE_MEASURE") is null ? 0.1 : 8);

    [Theory]
    [InlineData(16, 32)]
    [InlineData(16, 1)]
    [InlineData(1, 32)]
    public async Task Replicated_and_delivered_over_three_nodes(int streams, int batch)
    {
        await using var harness = new AkkaHarness();
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
        await using var c = await harness.StartNodeAsync("c");
        using var stop = new CancellationTokenSource();
        var delivered = 0L;
        var wrong = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var data = new string('x', 200);
        var readers = Enumerable.Range(0, streams).Select(async s =>
        {
            var last = 0L;
            await foreach (var e in c.Hub.ListenAsync($"s{s}", StartPosition.Earliest, stop.Token))
            {
                Interlocked.Increment(ref delivered);
                var offset = long.Parse(e.LastEventId.Split('-')[0], null);
                if (offset != last + 1) wrong.Enqueue($"s{s}: {e.Type} {e.LastEventId} after {last}");
                last = offset;
            }
        }).ToList();
        var appended = 0L;
        using var ended = new CancellationTokenSource(s_time);
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(new[] { a, b }.SelectMany(node => Enumerable.Range(0, 8).Select(p => Task.Run(async () =>
        {
            var items = Enumerable.Range(0, batch).Select(_ => new AppendItem(new SseEvent { Data = data }, default)).ToArray();
            for (var i = p; !ended.IsCancellationRequested; i += 3)
            {
                // In the first seconds of a cluster owners move: what is refused as unavailable was certainly not appended.
                var results = await node.AppendAsync($"s{i % streams}", items);
                results.ShouldAllBe(static r => r.Status == PublishStatus.Accepted || r.Status == PublishStatus.Unavailable);
                Interlocked.Add(ref appended, results.Count(static r => r.Status == PublishStatus.Accepted));
            }
        }))));
        await Eventually.Until(() => Volatile.Read(ref delivered) == appended, () => $"{appended} events; {delivered} were delivered; {string.Join(", ", wrong.Take(20))}");
        wrong.ShouldBeEmpty();
        var took = Stopwatch.GetElapsedTime(begun);
        output.WriteLine($"{appended / took.TotalSeconds:N0} events/s of 200 bytes on {streams} streams held by three nodes and delivered on one, batches of {batch}, two nodes publish with 8 calls each");
        await stop.CancelAsync();
        foreach (var reader in readers) await Should.ThrowAsync<OperationCanceledException>(reader);
    }

    [Fact]
    public async Task One_publish_to_a_reader_on_another_node()
    {
        await using var harness = new AkkaHarness();
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
        await using var c = await harness.StartNodeAsync("c");
        await a.AppendAsync("s", "first");
        using var stop = new CancellationTokenSource();
        await using var reader = b.Hub.ListenAsync("s", StartPosition.Earliest, stop.Token).GetAsyncEnumerator();
        await reader.MoveNextAsync();
        var latencies = new List<double>();
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < s_time)
        {
            var at = Stopwatch.GetTimestamp();
            var append = a.AppendAsync("s", "x");
            (await reader.MoveNextAsync()).ShouldBeTrue();
            latencies.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            await append;
        }
        latencies.Sort();
        output.WriteLine($"publish to a reader on another node p50 {latencies[latencies.Count / 2]:0.00} ms, p99 {latencies[latencies.Count * 99 / 100]:0.00} ms, {latencies.Count} publishes");
    }
}
