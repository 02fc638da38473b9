using System.IO.Pipelines;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Postgres.Tests;

/// <summary>
/// What the database is asked when much happens at once: a few things for many, and nothing that nobody wants. Counted in the server's own
/// log of statements.
/// </summary>
[Collection(SharedServerCollection.Name)]
public sealed class DatabaseUseTests(SharedServer shared) : IAsyncLifetime
{
    private const string Reads = "select e.stream,";
    private const string Pages = "select e.\"offset\"";

    private readonly PostgresHarness _harness = new(shared.Server);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storm_of_connects_is_no_storm_in_the_database(bool chosenIds)
    {
        const int connects = 1_000;
        var asked = await StatementLog.OfAsync(shared.Server, await _harness.DatabaseAsync());
        await using var node = await _harness.StartNodeAsync();
        await node.AppendAsync("s", "x");
        var before = asked.Count();
        before.ShouldBeGreaterThan(0, "the server logs what is asked");
        var admissions = await Task.WhenAll(Enumerable.Range(0, connects).Select(i => Task.Run(async () => await node.Hub.ConnectAsync(
            new SubscribeRequest
            {
                Streams = [new StreamSubscription("s")],
                Zone = "z",
                Broadcast = true,
                ClientId = chosenIds ? $"c{i}" : null,
            }, default))));
        var count = asked.Count() - before;
        admissions.ShouldAllBe(static a => a.Status == AdmissionStatus.Accepted);
        // The bound leaves space for what the node asks by itself meanwhile; one question per connect would be a thousand.
        count.ShouldBeLessThan(connects / 5, $"{count} statements for {connects} connects");
        foreach (var admission in admissions) await admission.Connection!.DisposeAsync();
    }

    [Fact]
    public async Task Publishes_at_the_same_time_are_few_commits_and_fewer_wake_ups()
    {
        const int publishes = 2_000;
        var asked = await StatementLog.OfAsync(shared.Server, await _harness.DatabaseAsync());
        await using var node = await _harness.StartNodeAsync();
        for (var s = 0; s < 20; s++) await node.AppendAsync($"s{s}", "first");
        int commits = asked.Count("commit"), wakeUps = asked.Count("select pg_notify"), inserts = asked.Count("insert into akkasse.events");
        wakeUps.ShouldBeGreaterThan(0);
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var listening = await shared.Server.ConnectAsync(await _harness.DatabaseAsync());
        listening.Notification += (_, e) => told.Enqueue(e.Payload);
        await using (var listen = new Npgsql.NpgsqlCommand($"listen {PgNames.HeadsChannel}", listening))
            await listen.ExecuteNonQueryAsync();
        var results = await Task.WhenAll(
            Enumerable.Range(0, publishes).Select(i => Task.Run(() => node.AppendAsync($"s{i % 20}", $"{i}"))));
        results.ShouldAllBe(static r => r.Status == PublishStatus.Accepted);
        (commits, inserts) = (asked.Count("commit") - commits, asked.Count("insert into akkasse.events") - inserts);
        inserts.ShouldBeInRange(1, publishes / 10);
        // What the node commits by itself meanwhile (its lease, retention) is among them.
        commits.ShouldBeInRange(inserts, inserts + 20);
        // They say which streams and up to where, and never what.
        while (told.Sum(static t => t.Split(' ').Length) < 20) await Eventually.Within(listening.WaitAsync(), "wake-ups");
        // They come after the answers. One that was still to come of the first events may be among them.
        wakeUps = asked.Count("select pg_notify") - wakeUps;
        wakeUps.ShouldBeInRange(1, inserts + 5);
        told.ShouldAllBe(static t => System.Text.RegularExpressions.Regex.IsMatch(t, "^[0-9a-f]{16}:[0-9]+( [0-9a-f]{16}:[0-9]+)*$"));
    }

    [Fact]
    public async Task Node_reads_what_it_has_readers_for_once_for_all_of_them_and_nothing_else()
    {
        const int readers = 50, events = 20;
        var asked = await StatementLog.OfAsync(shared.Server, await _harness.DatabaseAsync());
        await using var publisher = await _harness.StartNodeAsync("a");
        await using var reading = await _harness.StartNodeAsync("b");
        foreach (var stream in new[] { "read", "unread" }) await publisher.AppendAsync(stream, "0");
        using var deadline = Eventually.Limit();
        var seen = new int[readers];
        var all = Enumerable.Range(0, readers).Select(r => Task.Run(async () =>
        {
            await foreach (var e in reading.Hub.ListenAsync("read", StartPosition.Earliest, deadline.Token))
            {
                e.Data.ShouldBe($"{seen[r]}");
                if (Interlocked.Increment(ref seen[r]) == events + 1) return;
            }
        })).ToArray();
        await Eventually.Until(() => seen.All(static s => s > 0), "all readers to have the first event");
        var before = asked.Count(Reads);
        for (var i = 0; i < 100; i++) await publisher.AppendAsync("unread", $"{i}");
        asked.Count(Reads).ShouldBe(before, "nobody reads that stream on any node");
        for (var i = 1; i <= events; i++)
        {
            await publisher.AppendAsync("read", $"{i}");
            await Eventually.Until(() => seen.All(s => s > i), $"event {i} at all readers");
        }
        await Eventually.Within(Task.WhenAll(all), "the readers to end");
        // A wake-up that comes during a read, and the look each second, may find the same event missing; one read per reader would be a
        // thousand.
        (asked.Count(Reads) - before).ShouldBeInRange(events, events * 3);
    }

    [Fact]
    public async Task History_is_read_once_for_all_readers_of_a_node()
    {
        const int readers = 50, events = 2_000;
        var asked = await StatementLog.OfAsync(shared.Server, await _harness.DatabaseAsync());
        await using var publisher = await _harness.StartNodeAsync("a");
        await publisher.AppendAsync(
            "s", [.. Enumerable.Range(0, events).Select(static i => new AppendItem(new SseEvent { Data = $"{i}" }, default))]);
        await using var reading = await _harness.StartNodeAsync("b");
        using var deadline = Eventually.Limit();
        await Eventually.Within(
            Task.WhenAll(Enumerable.Range(0, readers).Select(_ => Task.Run(async () =>
            {
                var next = 0;
                await foreach (var e in reading.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token))
                {
                    e.Data.ShouldBe($"{next}");
                    if (++next == events) return;
                }
            }))),
            "the readers to have the whole history");
        // Pages of 256 events, each once; the one at the end of the log may be cut in two.
        asked.Count(Pages).ShouldBeInRange(events / 256, (events / 256) + 2);
    }

    [Fact]
    public async Task Sends_to_clients_of_another_node_go_many_at_a_time_and_each_arrives_once()
    {
        const int sends = 1_000;
        var asked = await StatementLog.OfAsync(shared.Server, await _harness.DatabaseAsync());
        await using var sender = await _harness.StartNodeAsync("a");
        await using var holder = await _harness.StartNodeAsync("b");
        var admission = await holder.Hub.ConnectAsync(new SubscribeRequest { Zone = "z", ClientId = "c" }, default);
        admission.Status.ShouldBe(AdmissionStatus.Accepted);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var run = admission.Connection!.RunAsync(pipe.Writer, static () => { }, default);
        (await sender.Hub.SendToAsync("c", new SseEvent { Data = "first" }, "z")).Status.ShouldBe(SendStatus.Accepted);
        var before = asked.Count();
        var results = await Task.WhenAll(
            Enumerable.Range(0, sends).Select(
            i => Task.Run(async () => await sender.Hub.SendToAsync("c", new SseEvent { Data = $"event {i};" }, "z"))));
        results.ShouldAllBe(static r => r.Status == SendStatus.Accepted);
        var count = asked.Count() - before;
        count.ShouldBeLessThan(sends / 2, $"{count} statements for {sends} sends, each of which locates, asks and is answered");
        var text = "";
        while (Enumerable.Range(0, sends).Any(i => !text.Contains($"event {i};", StringComparison.Ordinal)))
        {
            var read = await pipe.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Deadline, GrantedTime.Instance);
            text += System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer));
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }
        System.Text.RegularExpressions.Regex.Count(text, "event [0-9]+;").ShouldBe(sends);
        await pipe.Reader.CompleteAsync();
        await holder.Hub.DrainAsync();
        await run;
    }
}
