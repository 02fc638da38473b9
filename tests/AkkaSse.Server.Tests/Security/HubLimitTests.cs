using AkkaSse.Server.Limits;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Security;

/// <summary>Each limit alone and with others, to the event: the clock stands.</summary>
[Trait("detach", "both")]
public sealed class HubLimitTests
{
    private const string Ann = "X-User: ann";
    private const string Bob = "X-User: bob";

    [Fact]
    public async Task Batch_counts_its_events_and_items_beyond_the_limit_are_refused_in_their_places()
    {
        await using var host = await LimitHost.StartAsync(static l => (l.Publishes, l.Burst) = (1, TimeSpan.FromSeconds(4)));

        var answer = await host.PostAsync("/v1/batch", Items("a", 10), Ann);

        answer.Status.ShouldBe(200);
        Statuses(answer).ShouldBe([202, 202, 202, 202, 429, 429, 429, 429, 429, 429]);
        (answer.Json.GetProperty("accepted").GetInt32(), answer.Json.GetProperty("rejected").GetInt32()).ShouldBe((4, 6));
        var refused = answer.Json.GetProperty("items")[4];
        refused.GetProperty("code").GetString().ShouldBe("limit-reached");
        refused.GetProperty("detail").GetString()!.ShouldContain("Limits:Publishes");
        (await host.CountAsync("a")).ShouldBe(4);
        (await host.PublishAsync("a", headers: Ann)).Status.ShouldBe(429);
        (await host.PublishAsync("a", headers: Bob)).Status.ShouldBe(202);

        host.Time.Advance(TimeSpan.FromSeconds(3));
        Statuses(await host.PostAsync("/v1/batch", Items("a", 4), Ann)).ShouldBe([202, 202, 202, 429]);
    }

    [Fact]
    public async Task Namespace_is_limited_whoever_asks_and_takes_nothing_of_others()
    {
        await using var host = await LimitHost.StartAsync(
            static l =>
            {
                l.Burst = TimeSpan.FromSeconds(2);
                l.Namespaces["a."] = new LimitRates { Publishes = 1, Connects = 1 };
                l.Stream.Publishes = 2;
            },
            "a.", "a.own.", "b.");

        Statuses(await host.PostAsync("/v1/batch", Items("a.1", 1) + Items("a.own.1", 3) + Items("a.2", 3) + Items("b.1", 3), Ann))
            .ShouldBe([202, 202, 202, 202, 202, 429, 429, 202, 202, 202]);
        var refused = await host.PublishAsync("a.3", headers: Bob);
        (refused.Status, refused.Header("Retry-After")).ShouldBe((429, "1"));
        refused.Json.GetProperty("detail").GetString().ShouldBe("The namespace has reached Limits:Namespaces:a.:Publishes; nothing was changed.");

        // What the namespace has refused was given back to the stream.
        host.Time.Advance(TimeSpan.FromSeconds(2));
        Statuses(await host.PostAsync("/v1/batch", Items("a.2", 2), Ann)).ShouldBe([202, 202]);

        await using var both = await host.OpenAsync("/v1/events?stream=a.1&stream=a.2&stream=b.1");
        await using var late = await host.OpenAsync("/v1/streams/a.1/events");
        (both.Head.Status, late.Head.Status).ShouldBe((200, 429));
        // More at once than is ever allowed: when nothing is used.
        host.Time.Advance(TimeSpan.FromSeconds(2));
        await using var many = await host.OpenAsync("/v1/events?stream=a.1&stream=b.1&stream=a.2&stream=a.3");
        many.Head.Status.ShouldBe(200);
        await using var other = await host.OpenAsync("/v1/streams/b.1/events");
        other.Head.Status.ShouldBe(200);
    }

    [Fact]
    public async Task Run_of_a_batch_under_one_key_is_taken_as_a_whole_so_that_its_repetition_finds_it()
    {
        await using var host = await LimitHost.StartAsync(static l => (l.Publishes, l.Burst) = (1, TimeSpan.FromSeconds(4)));
        const string key = "Idempotency-Key: k";
        var items = Items("a", 3) + Items("b", 3);

        var first = await host.PostAsync("/v1/batch", items, Ann, key);
        Statuses(first).ShouldBe([202, 202, 202, 429, 429, 429]);
        (await host.CountAsync("a")).ShouldBe(3);

        // A repetition costs what it asks for, and finds the run that was taken.
        host.Time.Advance(TimeSpan.FromSeconds(4));
        var again = await host.PostAsync("/v1/batch", items, Ann, key);
        Statuses(again).ShouldBe([202, 202, 202, 429, 429, 429]);
        again.Json.GetProperty("items")[2].GetProperty("duplicate").GetBoolean().ShouldBeTrue();
        host.Time.Advance(TimeSpan.FromSeconds(4));
        Statuses(await host.PostAsync("/v1/batch", Items("b", 3), Ann, key)).ShouldBe([202, 202, 202]);

        // More than was ever allowed at once is taken when nothing is used, and paid back.
        host.Time.Advance(TimeSpan.FromMinutes(1));
        Statuses(await host.PostAsync("/v1/batch", Items("c", 10), Ann, key)).ShouldAllBe(static s => s == 202);
        host.Time.Advance(TimeSpan.FromSeconds(6));
        (await host.PublishAsync("c", headers: Ann)).Status.ShouldBe(429);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        (await host.PublishAsync("c", headers: Ann)).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Address_is_limited_whoever_authenticates_there_and_a_subject_wherever_it_comes_from()
    {
        await using var host = await LimitHost.StartAsync(static l =>
            (l.Publishes, l.Address.Publishes, l.Burst) = (2, 3, TimeSpan.FromSeconds(1)));

        // One credential from many addresses.
        (await host.PublishAsync("a", headers: [Ann, "X-From: 10.0.0.1"])).Status.ShouldBe(202);
        (await host.PublishAsync("a", headers: [Ann, "X-From: 10.0.0.2"])).Status.ShouldBe(202);
        Refusal(await host.PublishAsync("a", headers: [Ann, "X-From: 10.0.0.3"])).ShouldContain("The caller has reached Limits:Publishes;");

        // Many credentials, and none, from one address; an IPv4 address is the same in IPv6.
        (await host.PublishAsync("a", headers: [Bob, "X-From: 10.0.0.1"])).Status.ShouldBe(202);
        (await host.PublishAsync("a", headers: ["X-User: carl", "X-From: ::ffff:10.0.0.1"])).Status.ShouldBe(202);
        foreach (var who in new[] { "X-User: dora", "X-Nobody: 1" })
        {
            Refusal(await host.PublishAsync("a", headers: [who, "X-From: 10.0.0.1"]))
                .ShouldContain("The address has reached Limits:Address:Publishes;");
        }
        (await host.PublishAsync("a", headers: ["X-User: dora", "X-From: 10.0.0.9"])).Status.ShouldBe(202);

        // The addresses of a /64 are one.
        for (var i = 1; i <= 3; i++)
            (await host.PublishAsync("a", headers: [$"X-User: u{i}", $"X-From: 2001:db8::{i}"])).Status.ShouldBe(202);
        (await host.PublishAsync("a", headers: ["X-User: u4", "X-From: 2001:db8::4"])).Status.ShouldBe(429);
        (await host.PublishAsync("a", headers: ["X-User: u4", "X-From: 2001:db8:0:1::4"])).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Publishes_of_one_stream_are_limited_whoever_asks_and_however()
    {
        await using var host = await LimitHost.StartAsync(static l =>
            (l.Stream.Publishes, l.Stream.PublishBytes, l.Burst) = (3, 2048, TimeSpan.FromSeconds(1)));

        (await host.PublishAsync("a", headers: Ann)).Status.ShouldBe(202);
        (await host.PostAsync("/v1/publish?stream=a", "x", Bob)).Status.ShouldBe(202);
        Statuses(await host.PostAsync("/v1/batch", Items("a", 2) + Items("b", 2))).ShouldBe([202, 429, 202, 202]);
        var refused = await host.PublishAsync("a", headers: Bob);
        Refusal(refused).ShouldContain("The stream has reached Limits:Stream:Publishes;");
        refused.Header("Retry-After").ShouldBe("1");

        // Zones and broadcasts are streams; an inbox is none.
        foreach (var target in new[] { "/v1/zones/z/events", "/broadcast" })
        {
            for (var i = 0; i < 3; i++) (await host.PostAsync(target, "x")).Status.ShouldBeOneOf(200, 202);
            (await host.PostAsync(target, "x")).Status.ShouldBe(429, target);
        }
        Refusal(await host.PostAsync("/v1/broadcast", "x")).ShouldContain("Limits:Stream:Publishes");
        for (var i = 0; i < 5; i++) (await host.PostAsync("/v1/clients/c/events", "x")).Code.ShouldBe("client-not-connected");

        host.Time.Advance(TimeSpan.FromSeconds(1));
        (await host.PublishAsync("a", new string('x', 2048))).Status.ShouldBe(202);
        Refusal(await host.PublishAsync("a")).ShouldContain("Limits:Stream:PublishBytes");
        (await host.PublishAsync("b")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Connects_to_one_stream_are_limited_on_every_edge_and_what_is_open_stays_open()
    {
        await using var host = await LimitHost.StartAsync(static l => (l.Stream.Connects, l.Burst) = (4, TimeSpan.FromSeconds(1)));
        // It takes of the same limit: the hub keeps its streams as it keeps those of a connection.
        (await host.PostAsync("/v1/subscriptions", """{"id":"m","streams":["a","b"]}""")).Status.ShouldBe(201);
        await using var first = await OpenedAsync(host, "/v1/streams/a/events");
        await using var managed = await OpenedAsync(host, "/v1/subscriptions/m/events");
        (await host.PublishAsync("a", "1")).Status.ShouldBe(202);
        await using var r3labs = await host.OpenAsync("/events?stream=a");
        (await r3labs.NextAsync(static b => b.Data == "1", "the event")).ShouldNotBeNull();

        await using var refused = await host.OpenAsync("/v1/events?stream=b&stream=a");
        (refused.Head.Status, refused.Head.Header("Retry-After")).ShouldBe((429, "2"));
        await using var compatible = await host.OpenAsync("/events?stream=a");
        compatible.Head.Status.ShouldBe(429);
        await using var browser = await host.OpenAsync("/v1/streams/a/events?browser=1", "Last-Event-ID: 3-abc");
        browser.Head.Status.ShouldBe(200);
        var end = await browser.NextAsync(static b => b.Type == "hub.end", "hub.end");
        (end.Data, end.Id).ShouldBe(("""{"reason":"limit"}""", "3-abc"));
        int.Parse(end.Retry!, null).ShouldBeGreaterThan(0);

        // The refusal for a has taken nothing from b: the managed subscription alone has.
        for (var i = 0; i < 2; i++) await using (await OpenedAsync(host, "/v1/streams/b/events")) { }
        (await host.PublishAsync("a", "2")).Status.ShouldBe(202);
        foreach (var reader in new[] { first, managed, r3labs })
            (await reader.NextAsync(static b => b.Data == "2", "the event")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Of_two_limits_the_stricter_refuses_and_the_others_are_not_charged()
    {
        await using var host = await LimitHost.StartAsync(static l =>
            (l.Publishes, l.Address.Publishes, l.Stream.Publishes, l.Burst) = (5, 100, 2, TimeSpan.FromSeconds(1)));

        for (var i = 0; i < 10; i++) (await host.PublishAsync("a", headers: Ann)).Status.ShouldBe(i < 2 ? 202 : 429);
        // Eight were refused for the stream: she has three left.
        Statuses(await host.PostAsync("/v1/batch", Items("b", 2) + Items("c", 2), Ann)).ShouldBe([202, 202, 202, 429]);
        Refusal(await host.PublishAsync("d", headers: Ann)).ShouldContain("Limits:Publishes");
        // And the stream was not charged for what she was refused.
        Statuses(await host.PostAsync("/v1/batch", Items("c", 2), Bob)).ShouldBe([202, 429]);
    }

    [Fact]
    public async Task Quota_of_the_cluster_holds_on_one_node_for_each_subject()
    {
        await using var host = await LimitHost.StartAsync(static l => (l.ClusterPublishes, l.Burst) = (2, TimeSpan.FromSeconds(2)));

        Statuses(await host.PostAsync("/v1/batch", Items("a", 5), Ann)).ShouldBe([202, 202, 202, 202, 429]);
        var refused = await host.PublishAsync("a", headers: Ann);
        Refusal(refused).ShouldContain("The subject has reached Limits:ClusterPublishes;");
        refused.Header("Retry-After").ShouldBe("1");
        (await host.PublishAsync("a", headers: Bob)).Status.ShouldBe(202);
        // Who has no subject has no quota.
        Statuses(await host.PostAsync("/v1/batch", Items("a", 5))).ShouldAllBe(static s => s == 202);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Statuses(await host.PostAsync("/v1/batch", Items("a", 3), Ann)).ShouldBe([202, 202, 429]);
    }

    private static async Task<RawSseClient> OpenedAsync(LimitHost host, string target)
    {
        var reader = await host.OpenAsync(target);
        reader.Head.Status.ShouldBe(200, target);
        await reader.NextAsync(static b => b.Type == "hub.open", "hub.open");
        return reader;
    }

    private static string Items(string stream, int count) =>
        string.Concat(Enumerable.Range(0, count).Select(i => $$"""{"stream":"{{stream}}","data":"{{i}}"}""" + "\n"));

    private static IEnumerable<int> Statuses(RawResponse batch) =>
        batch.Json.GetProperty("items").EnumerateArray().Select(static i => i.GetProperty("status").GetInt32());

    private static string Refusal(RawResponse answer)
    {
        (answer.Status, answer.Code).ShouldBe((429, "limit-reached"));
        return answer.Json.GetProperty("detail").GetString()!;
    }
}
