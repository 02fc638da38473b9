using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Npgsql;

namespace AkkaSse.Postgres.Tests;

/// <summary>What this engine promises beyond the specs: locks of others, history, the outbox, epochs, secrets.</summary>
[Collection(SharedServerCollection.Name)]
public sealed class EngineTests(SharedServer shared) : IAsyncLifetime
{
    private readonly PostgresHarness _harness = new(shared.Server);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _harness.DisposeAsync();

    [Fact]
    public async Task Lock_held_on_one_stream_delays_no_other()
    {
        // However long the others take, the publishes to the locked stream still wait.
        await using var node = await _harness.StartNodeAsync(configure: static o => o.PublishTimeout = TimeSpan.FromMinutes(10));
        var streams = Enumerable.Range(0, 100).Select(static i => $"s{i}").ToArray();
        foreach (var stream in streams) await node.AppendAsync(stream, "first");
        await using var other = await ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("select 1 from akkasse.streams where name = 's50' for update", other))
            await command.ExecuteScalarAsync();
        var held = node.AppendAsync("s50", "held");
        var held2 = node.AppendAsync("s50", "held2");
        for (var round = 0; round < 3; round++)
        {
            var results = await Eventually.Within(
                Task.WhenAll(streams.Where(static s => s != "s50").Select(s => node.AppendAsync(s, $"{round}"))),
                "publishes to the other 99");
            results.ShouldAllBe(static r => r.Status == PublishStatus.Accepted);
        }
        held.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync();
        (await held).Status.ShouldBe(PublishStatus.Accepted);
        (await held2).Position.Offset.ShouldBe((await held).Position.Offset + 1);
    }

    [Fact]
    public async Task Publish_that_the_database_does_not_take_fails_alone_and_says_why()
    {
        await using var node = await _harness.StartNodeAsync();
        (await node.AppendAsync("s", "created")).Status.ShouldBe(PublishStatus.Accepted);
        // Larger than a row of an index may be, and of text that does not compress. The hub itself refuses it before.
        var principal = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(6_000));
        var options = new PublishOptions { IdempotencyKey = "k", Principal = principal };
        var appends = Enumerable.Range(0, 40).Select(i => node.AppendAsync("s", $"{i}", i == 20 ? options : default)).ToArray();
        var results = await Eventually.Within(Task.WhenAll(appends), "the answers");
        results[20].Status.ShouldBe(PublishStatus.Invalid);
        results[20].Error!.ShouldStartWith("The database does not take the event: ");
        results[20].Error!.ShouldContain("(54000)");
        results.Where(static (_, i) => i != 20).ShouldAllBe(static r => r.Status == PublishStatus.Accepted);
    }

    [Fact]
    public async Task Stream_locked_for_the_whole_publish_timeout_is_unavailable_and_nothing_was_appended()
    {
        var clock = new ManualTimeProvider();
        await using var harness = new PostgresHarness(shared.Server, clock);
        await using var node = await harness.StartNodeAsync();
        await node.AppendAsync("s", "1");
        await using var other = await shared.Server.ConnectAsync(await harness.DatabaseAsync());
        await using var transaction = await other.BeginTransactionAsync();
        await ExecuteAsync(other, "select 1 from akkasse.streams for update");
        var held = node.AppendAsync("s", "2");
        await Eventually.Until(
            () => harness.Log.Lines.Any(static l => l.Contains("A stream is locked by somebody else", StringComparison.Ordinal)),
            "the publish to wait apart");
        held.IsCompleted.ShouldBeFalse();
        clock.Advance(node.Hub.Options.PublishTimeout + TimeSpan.FromSeconds(1));
        (await Eventually.Within(held, "an answer")).Status.ShouldBe(PublishStatus.Unavailable);
        await transaction.RollbackAsync();
        (await node.AppendAsync("s", "3")).Position.Offset.ShouldBe(2);
    }

    [Fact]
    public async Task Retention_waits_for_no_locked_stream_and_holds_no_other_meanwhile()
    {
        await using var node = await _harness.StartNodeAsync(configure: static o => o.IdempotencyWindow = TimeSpan.FromMinutes(10));
        foreach (var stream in new[] { "locked", "free" }) await node.AppendAsync(stream, "x", new PublishOptions { IdempotencyKey = "k" });
        await using var other = await ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await ExecuteAsync(other, "select 1 from akkasse.streams where name = 'locked' for update");
        await ScalarAsync("update akkasse.keys set until = 1");
        await Eventually.Until(
            async () => await ScalarAsync("select count(*) from akkasse.keys") is 1L, "the key of the free stream to be forgotten");
        await ScalarAsync("select 1 from akkasse.streams where name = 'free' for update nowait");
        await transaction.RollbackAsync();
        await Eventually.Until(async () => await ScalarAsync("select count(*) from akkasse.keys") is 0L, "the other key to be forgotten");
        (await ScalarAsync("select sum(keys) from akkasse.streams")).ShouldBe(0L);
    }

    [Fact]
    public async Task Key_of_a_run_is_one_row()
    {
        await using var node = await _harness.StartNodeAsync();
        var key = new PublishOptions { IdempotencyKey = "k", KeyCoversRun = true };
        BatchItem[] run = [.. Enumerable.Range(0, 500).Select(
            i => new BatchItem
            {
                Stream = "s",
                Event = i % 10 == 0 ? new SseEvent { Comment = "c" } : new SseEvent { Data = $"{i}" },
                Options = key,
            })];
        await node.AppendAsync("s", "before");
        var first = await node.Hub.PublishBatchAsync(run);
        first.ShouldAllBe(static r => r.IsAccepted && !r.Publish!.Value.Duplicate);
        var again = await node.Hub.PublishBatchAsync(run);
        again.ShouldAllBe(static r => r.IsAccepted && r.Publish!.Value.Duplicate);
        again.Select(static r => (r.Publish!.Value.Position, r.Publish.Value.Id)).ShouldBe(
            first.Select(static r => (r.Publish!.Value.Position, r.Publish.Value.Id)));
        (await ScalarAsync("select count(*) from akkasse.keys")).ShouldBe(1L);
        (await ScalarAsync("select keys from akkasse.streams where name = 's'")).ShouldBe(1);
        (await node.ReadAllAsync("s")).Count.ShouldBe(451);
    }

    [Fact]
    public async Task Lost_wake_up_is_repaired_by_the_look_at_the_heads()
    {
        // The publisher's NOTIFY does nothing: a function of this name stands before the server's own.
        await using var quiet = new PostgresHarness(shared.Server, change: static o => new PostgresOptions
        {
            ConnectionString = o.ConnectionString + ";Search Path=\"mute,pg_catalog\"",
        });
        var database = await quiet.DatabaseAsync();
        await shared.Server.ExecuteAsync(
            database, "create schema mute; create function mute.pg_notify(text, text) returns void language sql as 'select'");
        await using var a = await quiet.StartNodeAsync("a");
        await using var b = await quiet.StartNodeAsync("b");
        await a.AppendAsync("s", "0");
        using var deadline = Eventually.Limit();
        await using var reader = b.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        await reader.MoveNextAsync();
        for (var i = 1; i <= 3; i++)
        {
            (await a.AppendAsync("s", $"{i}")).Status.ShouldBe(PublishStatus.Accepted);
            (await reader.MoveNextAsync()).ShouldBeTrue();
            reader.Current.Data.ShouldBe($"{i}");
        }
        // A message to a node is a row and a wake-up too.
        (await a.Engine.Nodes.RequestAsync("b", "{\"kind\":\"load\"}"u8.ToArray(), Eventually.Deadline, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Reply_to_the_process_that_had_the_name_before_answers_nobody()
    {
        await using var b = await _harness.StartNodeAsync("b");
        await (await _harness.StartNodeAsync("a")).DisposeAsync();
        await using var a = await _harness.StartNodeAsync("a");
        for (var i = 1; i < 50; i++)
            await ScalarAsync($"insert into akkasse.inbox (node, sender, sender_incarnation, kind, correlation, body) values ('a', 'b', " +
                $"gen_random_uuid(), 2, {i}, 'stale')");
        var reply = await a.Engine.Nodes.RequestAsync("b", "{\"kind\":\"load\"}"u8.ToArray(), Eventually.Deadline, default);
        System.Text.Encoding.UTF8.GetString(reply!.Value.Span).ShouldNotContain("stale");
    }

    [Theory]
    [InlineData("a\ud800b")]
    [InlineData("\udc00")]
    [InlineData("\ud83d\ude00")]
    [InlineData("\u0001\uffff")]
    public async Task Text_that_the_database_cannot_hold_harms_nobody(string odd)
    {
        await using var node = await _harness.StartNodeAsync();
        var items = new AppendItem[]
        {
            new(new SseEvent { Data = "1", Type = odd }, default),
            new(new SseEvent
            {
                Data = "2",
                Comment = odd + "\0",
                Fields = [new("f", odd)],
            }, new PublishOptions { ConflateKey = odd, IdempotencyKey = "k", Principal = odd + "\0" }),
            new(new SseEvent { Data = "3" }, default),
        };
        (await node.AppendAsync("s", items)).ShouldAllBe(static r => r.Status == PublishStatus.Accepted);
        (await node.AppendAsync("s", [items[1]]))[0].Duplicate.ShouldBeTrue();
        (await node.ReadAllAsync("s")).ShouldBe(["1", "2", "3"]);
        var claim = new ClaimRequest("z", "c") { Subject = odd + "\0", Instance = "i" };
        (await node.Engine.Claims.ClaimAsync(claim, default)).Status.ShouldBe(ClaimStatus.Granted);
        (await node.Engine.Claims.ClaimAsync(claim, default)).Status.ShouldBe(
            ClaimStatus.Granted, "the same instance of the same principal");
    }

    [Fact]
    public async Task Publishes_beyond_what_may_wait_are_refused_and_what_waits_too_long_as_well()
    {
        var clock = new ManualTimeProvider();
        await using var harness = new PostgresHarness(shared.Server, clock);
        await using var node = await harness.StartNodeAsync(configure: static o => o.MaxEventBytes = 64 << 20);
        await node.AppendAsync("s", "first");
        await using var other = await shared.Server.ConnectAsync(await harness.DatabaseAsync());
        await using var transaction = await other.BeginTransactionAsync();
        // Longer than the lock timeout of the lanes: the stream's own lane apart collects.
        await ExecuteAsync(other, "select 1 from akkasse.streams where name = 's' for update");
        var data = new string('x', 24 << 20);
        // 64 MiB may wait, besides what is under way or was moved apart: at least three of the eight are too much.
        var publishes = Enumerable.Range(0, 8).Select(_ => node.AppendAsync("s", data)).ToList();
        await Eventually.Until(() => publishes.Count(static p => p.IsCompleted) >= 3,
            () => $"three refusals; {publishes.Count(static p => p.IsCompleted)} came");
        var (refused, waiting) = (publishes.Where(static p => p.IsCompleted).ToList(), publishes.Where(static p => !p.IsCompleted)
            .ToList());
        (await Task.WhenAll(refused)).ShouldAllBe(
            static r => r.Status == PublishStatus.Unavailable && r.Error!.Contains("Too much waits", StringComparison.Ordinal));
        waiting.ShouldNotBeEmpty();
        clock.Advance(node.Hub.Options.PublishTimeout + TimeSpan.FromSeconds(1));
        var late = await Eventually.Within(Task.WhenAll(waiting), "the others' time to be over");
        late.ShouldAllBe(static r => r.Status == PublishStatus.Unavailable);
        late.ShouldContain(static r => r.Error!.Contains("locked", StringComparison.Ordinal)
            || r.Error.Contains("timeout", StringComparison.Ordinal));
        await transaction.RollbackAsync();
        (await node.AppendAsync("s", "last")).Position.Offset.ShouldBe(2);
    }

    [Fact]
    public async Task Reader_of_history_gets_nothing_twice_when_the_database_is_ahead_of_its_node()
    {
        // The reader's node hears of nothing until it appends itself: what the other one appends meanwhile lies in the database and not in
        // its log.
        await using var deaf = new PostgresHarness(
            shared.Server, change: static o => new PostgresOptions
            {
                ConnectionString = o.ConnectionString + ";Search Path=\"mute,pg_catalog\"",
                HeadPoll = TimeSpan.FromMinutes(1),
            });
        await shared.Server.ExecuteAsync(
            await deaf.DatabaseAsync(),
            "create schema mute; create function mute.pg_notify(text, text) returns void language sql as 'select'");
        await using var a = await deaf.StartNodeAsync("a");
        await using var b = await deaf.StartNodeAsync("b");
        var filler = new string('x', 1_000);
        AppendItem[] Items(int from, int count) =>
            [.. Enumerable.Range(from, count).Select(i => new AppendItem(new SseEvent { Data = $"{i} {filler}" }, default))];
        await a.AppendAsync("s", Items(1, 300));
        using var deadline = Eventually.Limit();
        await using var reader = b.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        (await reader.MoveNextAsync()).ShouldBeTrue();
        // The reader's local log begins with 301 and ends there; the rest of the page in which it begins, and more, is in the database.
        (await b.AppendAsync("s", Items(301, 1)))[0].Position.Offset.ShouldBe(301);
        await a.AppendAsync("s", Items(302, 299));
        var told = false;
        for (var i = 1; i <= 601; i++)
        {
            reader.Current.Data!.Split(' ')[0].ShouldBe($"{i}");
            if (i == 601) break;
            var next = reader.MoveNextAsync();
            if (i > 300 && !next.IsCompleted && !told)
            {
                // The reader has all that its node knows of. Now the log learns of the rest, from where it ends.
                told = true;
                i.ShouldBe(301, "no page goes beyond where the local log begins");
                (await b.AppendAsync("s", Items(601, 1)))[0].Position.Offset.ShouldBe(601);
            }
            (await next).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Late_reader_on_another_node_gets_the_whole_history_and_then_what_is_live()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        for (var i = 0; i < 10; i++)
            await a.AppendAsync(
                "s", [.. Enumerable.Range(i * 100, 100).Select(
                static n => new AppendItem(new SseEvent { Data = $"{n}", Type = n % 2 == 0 ? "even" : null }, default))]);
        using var deadline = Eventually.Limit();
        await using var reader = b.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        for (var n = 0; n < 1_000; n++)
        {
            (await reader.MoveNextAsync()).ShouldBeTrue();
            reader.Current.Data.ShouldBe($"{n}");
            if (n == 500) await a.AppendAsync("s", "1000");
        }
        await reader.MoveNextAsync();
        reader.Current.Data.ShouldBe("1000");
    }

    [Theory]
    [InlineData("\0")]
    [InlineData("id1\0")]
    [InlineData("\ud800")]
    [Trait("parity", "RPL-05")]
    public async Task Last_event_id_that_the_database_cannot_take_is_an_unknown_one(string id)
    {
        await using var a = await _harness.StartNodeAsync("a");
        await a.Directory.CreateAsync("s", new StreamOptions { Ids = StreamIds.Caller });
        await a.AppendAsync("s", [new AppendItem(new SseEvent { Data = "1", Id = "id1" }, default)]);
        var admission = await a.Hub.ConnectAsync(
            new SubscribeRequest { Streams = [new StreamSubscription("s")], LastEventId = id }, default);
        admission.Status.ShouldBe(AdmissionStatus.Accepted, admission.Error);
        await admission.Connection!.DisposeAsync();
    }

    [Fact]
    public async Task Starts_by_number_time_and_callers_id_are_found_in_what_the_database_retains()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await a.Directory.CreateAsync("s", new StreamOptions { Ids = StreamIds.Caller });
        for (var i = 0; i < 300; i++) await a.AppendAsync("s", [new AppendItem(new SseEvent { Data = $"{i}", Id = $"id{i}" }, default)]);
        // By the clock that stamps the events: on a machine that is busy the tests' one goes slower than the system's.
        var before = (await a.Streams.ReadAsync("s", null, 1_000, default)).Events[^1].At;
        var after = before.AddMilliseconds(10);
        await Eventually.Until(
            async () =>
            {
                (await a.AppendAsync("clock", "1")).Status.ShouldBe(PublishStatus.Accepted);
                return (await a.Streams.ReadAsync("clock", null, 1_000, default)).Events[^1].At > after;
            },
            "the clock to move on");
        await a.AppendAsync("s", "300");
        await using var b = await _harness.StartNodeAsync("b");
        (await FirstAsync(b, StartPosition.Last(17))).ShouldBe("284");
        (await FirstAsync(b, StartPosition.FromTime(after))).ShouldBe("300");
        (await FirstAsync(b, StartPosition.FromAge(TimeSpan.FromHours(1)))).ShouldBe("0");
        var request = new SubscribeRequest { Streams = [new StreamSubscription("s")], LastEventId = "id41" };
        var admission = await b.Hub.ConnectAsync(request, default);
        admission.Status.ShouldBe(AdmissionStatus.Accepted);
        var pipe = new System.IO.Pipelines.Pipe();
        var run = admission.Connection!.RunAsync(pipe.Writer, static () => { }, default);
        var text = "";
        while (!text.Contains("data: 42", StringComparison.Ordinal))
        {
            var read = await pipe.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Deadline, GrantedTime.Instance);
            text += System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer));
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }
        text.ShouldNotContain("hub.gap");
        text.ShouldNotContain("data: 41\n");
        await pipe.Reader.CompleteAsync();
        await b.Hub.DrainAsync();
        await run;
    }

    [Fact]
    public async Task Committed_outbox_rows_are_appended_once_and_rolled_back_ones_never()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await using var open = await ConnectAsync();
        await using var never = await open.BeginTransactionAsync();
        await ExecuteAsync(open, "select akkasse.publish('s', 't', 'rolled back')");
        await using (var one = await ConnectAsync())
        await using (var two = await ConnectAsync())
        {
            // Two applications, opposite orders, at the same time: neither waits for the other.
            await using var t1 = await one.BeginTransactionAsync();
            await using var t2 = await two.BeginTransactionAsync();
            await ExecuteAsync(one, "select akkasse.publish('x', 't', '1')");
            await ExecuteAsync(two, "select akkasse.publish('y', 't', '2')");
            await ExecuteAsync(one, "select akkasse.publish('y', 't', '3')");
            await ExecuteAsync(two, "select akkasse.publish('x', 't', '4')");
            await t1.CommitAsync();
            await t2.CommitAsync();
            for (var i = 0; i < 600; i++) await ExecuteAsync(one, $"select akkasse.publish('s', 't', '{i}')");
        }
        await Eventually.Until(async () => (await a.ReadAllAsync("s")).Count == 600, "600 rows of the outbox in the log");
        await never.RollbackAsync();
        (await b.ReadAllAsync("s")).ShouldBe(Enumerable.Range(0, 600).Select(static i => $"{i}"));
        await Eventually.Until(
            async () => (await a.ReadAllAsync("x")).Count == 2 && (await a.ReadAllAsync("y")).Count == 2, "the other streams");
        (await ScalarAsync("select count(*) from akkasse.outbox")).ShouldBe(0L);
    }

    [Theory]
    [InlineData("select akkasse.publish('$all', 't', 'x')")]
    [InlineData("select akkasse.publish('', 't', 'x')")]
    [InlineData("select akkasse.publish(E'a\\nb', 't', 'x')")]
    [InlineData("select akkasse.publish('s', 'hub.open', 'x')")]
    [InlineData("select akkasse.publish('s', E't\\nid: 1', 'x')")]
    [InlineData("select akkasse.publish('s', 't', 'x', id => '5-abc')")]
    [InlineData("select akkasse.publish('s', 't', 'x', ttl => interval '0')")]
    public async Task Outbox_refuses_what_http_refuses(string sql)
    {
        await using var node = await _harness.StartNodeAsync();
        await using var connection = await ConnectAsync();
        (await Should.ThrowAsync<PostgresException>(() => ExecuteAsync(connection, sql))).SqlState.ShouldBe("22023");
    }

    [Theory]
    // As after pg_dump and a restore into another server; as documented for a snapshot that took the original's place; after a restart with
    // asynchronous commits.
    [InlineData("update akkasse.meta set system_identifier = 1")]
    [InlineData("update akkasse.meta set timeline = 0")]
    [InlineData("update akkasse.meta set asynchronous = true, started_at = '-infinity'")]
    public async Task Database_that_may_have_lost_offsets_begins_new_epochs_and_keeps_its_events(string change)
    {
        StreamPosition before;
        await using (var node = await _harness.StartNodeAsync("a")) before = (await node.AppendAsync("s", "1")).Position;
        await ScalarAsync(change);
        await using var again = await _harness.StartNodeAsync("b");
        var after = (await again.AppendAsync("s", "2")).Position;
        after.Epoch.ShouldNotBe(before.Epoch);
        (await again.ReadAllAsync("s")).ShouldBe(["1", "2"]);
        (await again.Streams.ReadAsync("s", before, 10, default)).State.ShouldBe(HistoryState.EpochChanged);
    }

    [Fact]
    public async Task Comment_reaches_readers_on_other_nodes_and_leaves_no_trace()
    {
        await using var a = await _harness.StartNodeAsync("a");
        await using var b = await _harness.StartNodeAsync("b");
        await a.AppendAsync("s", "1");
        using var deadline = Eventually.Limit();
        await using var reader = b.Hub.ListenAsync("s", StartPosition.Earliest, deadline.Token).GetAsyncEnumerator(deadline.Token);
        await reader.MoveNextAsync();
        await a.AppendAsync("s", [new AppendItem(new SseEvent { Comment = "hello" }, default)]);
        await reader.MoveNextAsync();
        reader.Current.Comment.ShouldBe("hello");
        (await a.ReadAllAsync("s")).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Retention_by_count_bytes_and_age_deletes_rows()
    {
        await using var node = await _harness.StartNodeAsync();
        await node.Directory.CreateAsync("count", new StreamOptions { MaxEvents = 10 });
        await node.Directory.CreateAsync("bytes", new StreamOptions { MaxBytes = 10_000 });
        await node.Directory.CreateAsync("age", new StreamOptions { MaxAge = TimeSpan.FromHours(1) });
        await node.AppendAsync("age", "old");
        await ScalarAsync("update akkasse.events set at = at - 7200000 where stream = (select id from akkasse.streams where name = 'age')");
        await ScalarAsync("update akkasse.streams set oldest_at = oldest_at - 7200000 where name = 'age'");
        await node.AppendAsync("age", "new");
        for (var i = 0; i < 50; i++) await node.AppendAsync("count", $"{i}");
        for (var i = 0; i < 50; i++) await node.AppendAsync("bytes", new string('x', 1_000));
        await Eventually.Until(
            async () => (long)(await ScalarAsync("select count(*) from akkasse.events"))! is > 15 and < 21, "rows to be deleted");
        await Eventually.Until(
            async () => await ScalarAsync(
            "select string_agg(convert_from(data, 'UTF8'), ' ') from akkasse.events where stream = (select id from akkasse.streams " +
            "where name = 'age')") is "new", "the old row to be deleted");
        (await node.ReadAllAsync("age")).ShouldBe(["new"]);
        (await node.ReadAllAsync("count")).ShouldBe(Enumerable.Range(40, 10).Select(static i => $"{i}"));
        (await node.Directory.GetAsync("bytes")).OrThrow()!.Bytes.ShouldBeLessThanOrEqualTo(10_000);
    }

    [Fact]
    public async Task Password_is_in_no_log_line_and_no_error()
    {
        var harness = new PostgresHarness(
            shared.Server, change: static o => new PostgresOptions { ConnectionString = o.ConnectionString + ";Password=s3cret-word" });
        await using (var node = await harness.StartNodeAsync())
        {
            await node.AppendAsync("s", "1");
            await shared.Server.TerminateConnectionsAsync(await harness.DatabaseAsync());
            await Eventually.Until(
                async () => (await node.AppendAsync("s", "2")).Status == PublishStatus.Accepted, "the connections to be back");
        }
        harness.Log.Lines.ShouldNotBeEmpty();
        harness.Log.Lines.ShouldAllBe(static l => !l.Contains("s3cret", StringComparison.Ordinal));
        Should.Throw<ArgumentException>(
            static () => new PostgresEngine(new PostgresOptions { ConnectionString = "Password=s3cret-word;Port=x" }))
            .Message.ShouldNotContain("s3cret");
        await harness.DisposeAsync();
    }

    private static async Task<string?> FirstAsync(Engine.Specs.EngineNode node, StartPosition from)
    {
        using var deadline = Eventually.Limit();
        await foreach (var e in node.Hub.ListenAsync("s", from, deadline.Token)) return e.Data;
        return null;
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(shared.Server.ConnectionString(await _harness.DatabaseAsync()) + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    private async Task<object?> ScalarAsync(string sql) => await shared.Server.ExecuteAsync(await _harness.DatabaseAsync(), sql);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteScalarAsync();
    }
}
