using System.Diagnostics;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Xunit.Abstractions;

namespace AkkaSse.Postgres.Tests;

/// <summary>Measures when AKKASSE_MEASURE is set; otherwise runs a tenth of a second of the same, which only shows that it works.</summary>
[Collection(SharedServerCollection.Name)]
public sealed class Measurements(SharedServer shared, ITestOutputHelper output)
{
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("AKKASSE_MEASURE") is null ? 0.1 : 8);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stored_and_delivered_over_two_nodes(bool synchronous)
    {
        await using var harness = Harness(synchronous);
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
        const int streams = 16, batch = 32, perNode = 8;
        using var stop = new CancellationTokenSource();
        var delivered = 0L;
        var wrong = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var data = new string('x', 200);
        var readers = Enumerable.Range(0, streams).Select(async s =>
        {
            // The reader sits on the other node than the publisher.
            var last = 0L;
            await foreach (var e in (s % 2 == 0 ? b : a).Hub.ListenAsync($"s{s}", StartPosition.Earliest, stop.Token))
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
        await Task.WhenAll(new[] { a, b }.SelectMany((node, n) => Enumerable.Range(0, perNode).Select(p => Task.Run(async () =>
        {
            var items = Enumerable.Range(0, batch).Select(_ => new AppendItem(new SseEvent { Data = data }, default)).ToArray();
            while (!ended.IsCancellationRequested)
            {
                var results = await node.AppendAsync($"s{(p * 2) + n}", items);
                results.ShouldAllBe(static r => r.Status == PublishStatus.Accepted);
                Interlocked.Add(ref appended, batch);
            }
        }))));
        // Each event once, in the logs and at the readers: a figure of a run that doubled some is none.
        Convert.ToInt64(await shared.Server.ExecuteAsync(await harness.DatabaseAsync(), "select sum(head) from akkasse.streams"), null).ShouldBe(appended, string.Join('\n', harness.Log.Lines.TakeLast(20)));
        await Eventually.Until(() => Volatile.Read(ref delivered) == appended, () => $"{appended} events; {delivered} were delivered; {string.Join(", ", wrong.Take(20))}");
        wrong.ShouldBeEmpty();
        var took = Stopwatch.GetElapsedTime(begun);
        output.WriteLine($"synchronous_commit={(synchronous ? "on" : "off")}: {appended / took.TotalSeconds:N0} events/s of 200 bytes stored and delivered on the other node, batches of {batch}");
        await stop.CancelAsync();
        foreach (var reader in readers) await Should.ThrowAsync<OperationCanceledException>(reader);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_publish_to_a_reader_on_the_other_node(bool synchronous)
    {
        await using var harness = Harness(synchronous);
        await using var a = await harness.StartNodeAsync("a");
        await using var b = await harness.StartNodeAsync("b");
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
        output.WriteLine($"synchronous_commit={(synchronous ? "on" : "off")}: publish to reader on the other node p50 {latencies[latencies.Count / 2]:0.0} ms, p99 {latencies[latencies.Count * 99 / 100]:0.0} ms, {latencies.Count} publishes");
    }

    private PostgresHarness Harness(bool synchronous) => new(shared.Server, change: o => new PostgresOptions { ConnectionString = o.ConnectionString, SynchronousCommit = synchronous });
}
