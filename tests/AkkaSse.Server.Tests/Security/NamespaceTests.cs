using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Security;

/// <summary>Two tenants on one server. Eve tries what she can; Ann notices nothing of it.</summary>
[Trait("speed", "slow")]
[Trait("detach", "both")]
public sealed class NamespaceTests
{
    private const string Ann = "annas-horse-battery-staple";
    private const string Eve = "evelin-horse-battery-staple";
    private const string Ops = "oper-horse-battery-staple";
    private const int MiB = 1 << 20;

    private static readonly object Options = new Dictionary<string, object>
    {
        ["ann/"] = new { MaxStreams = 4, MaxReaders = 10, MaxLogBytes = "1MiB" },
        ["eve/"] = new
        {
            MaxStreams = 4,
            MaxReaders = 2,
            MaxLogBytes = "1MiB",
            StreamDefaults = new { MaxEvents = 1_000, MaxAge = "1h", MaxSubscribers = 2 },
        },
    };

    [Fact]
    public async Task Streams_beyond_the_limit_of_a_namespace_are_refused_and_another_tenant_still_creates()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        var accepted = 0;
        for (var i = 0; i < 20; i++)
        {
            var answer = i % 2 == 0
                ? await SendAsync(server, Eve, "PUT", $"/v1/stream?stream=eve/{i}")
                : await PublishAsync(server, Eve, $"eve/{i}", "x");
            if (answer.Status is 201 or 202)
            {
                accepted++;
                continue;
            }
            (answer.Status, answer.Code).ShouldBe((429, "limit-reached"));
            Detail(answer).ShouldBe("The namespace 'eve/' has 4 streams, the most allowed.");
            answer.Header("Retry-After").ShouldNotBeNull();
        }
        accepted.ShouldBe(4);
        for (var i = 0; i < 4; i++) (await PublishAsync(server, Ann, $"ann/{i}", "x")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Zones_count_as_streams_of_the_namespace_and_broadcasts_always_have_a_place()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path, "--set", "Hub:MaxStreams=6");
        var accepted = 0;
        for (var i = 0; i < 20; i++)
        {
            var answer = await SendAsync(server, Eve, "POST", $"/v1/publish?zone=eve/{i}", "x");
            if (answer.Status == 202) accepted++;
            else Detail(answer).ShouldBe("The namespace 'eve/' has 4 streams, the most allowed.");
        }
        accepted.ShouldBe(4);
        (await PublishAsync(server, Ann, "ann/0", "x")).Status.ShouldBe(202);
        (await SendAsync(server, Ann, "POST", "/v1/publish?zone=ann/0", "x")).Status.ShouldBe(202);
        (await PublishAsync(server, Ann, "ann/1", "x")).Code.ShouldBe("limit-reached", "the hub has as many as it may");
        (await SendAsync(server, Ops, "POST", "/v1/broadcast", "x")).Status.ShouldBe(202);
        (await SendAsync(server, Ops, "POST", "/v1/publish?zone=default", "x")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task Bytes_of_one_tenant_trim_its_own_logs_and_the_oldest_event_of_another_is_still_there()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        var large = new string('x', 64 << 10);
        (await PublishAsync(server, Ann, "ann/a", "the first")).Status.ShouldBe(202);
        for (var i = 0; i < 4; i++) (await PublishAsync(server, Ann, "ann/a", large)).Status.ShouldBe(202);
        // Five times what the node may have.
        for (var i = 0; i < 160; i++) (await PublishAsync(server, Eve, $"eve/{i % 4}", large)).Status.ShouldBe(202);
        // And who is in no namespace, with streams of one event each: while the node is beyond its bound she still publishes.
        for (var i = 0; i < 8; i++)
        {
            (await PublishAsync(server, Ops, $"out-{i}", new string('x', MiB - 1_000))).Status.ShouldBe(202);
            (await PublishAsync(server, Ops, $"more-{i}", new string('x', MiB - 1_000))).Status.ShouldBe(202);
            if (i % 2 == 0) (await PublishAsync(server, Ann, "ann/a", large)).Status.ShouldBe(202);
        }

        await Eventually.Until(async () =>
        {
            var streams = (await SendAsync(server, Eve, "GET", "/v1/streams?prefix=eve/")).Json.GetProperty("streams");
            return streams.EnumerateArray().Sum(static s => s.GetProperty("bytes").GetInt64()) <= MiB;
        }, "eve's logs are within their bound");
        var history = (await SendAsync(server, Ann, "GET", "/v1/stream/history?stream=ann/a")).Json;
        history.GetProperty("first").GetInt64().ShouldBe(1);
        history.GetProperty("events").GetArrayLength().ShouldBe(9);
        history.GetProperty("events")[0].GetProperty("data").GetString().ShouldBe("the first");
    }

    [Fact]
    public async Task Readers_beyond_the_limit_of_a_namespace_are_refused_and_another_tenant_connects()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await using (var first = await ReadAsync(server, Eve, "/v1/events?stream=eve/1&stream=eve/2"))
        {
            await first.NextAsync(static b => b.Type == "hub.open", "hub.open");
            await using (var refused = await ReadAsync(server, Eve, "/v1/stream/events?stream=eve/3", 429))
                refused.Head.Header("Retry-After").ShouldNotBeNull();
            await using (var browser = await ReadAsync(server, Eve, "/v1/stream/events?stream=eve/3&browser=1"))
                (await browser.NextAsync(static b => b.Type == "hub.end", "hub.end")).Data.ShouldBe("""{"reason":"limit"}""");
            await using var ann = await ReadAsync(server, Ann, "/v1/stream/events?stream=ann/a");
            await ann.NextAsync(static b => b.Type == "hub.open", "hub.open");
            // Nothing that is open is ended for a limit.
            (await PublishAsync(server, Eve, "eve/1", "still here")).Status.ShouldBe(202);
            await first.NextAsync(static b => b.Data == "still here", "the event");
        }
        await Eventually.Until(async () =>
        {
            await using var next = await RawSseClient.OpenAsync(server.Url, "/v1/stream/events?stream=eve/3", Bearer(Eve));
            return next.Head.Status == 200;
        }, "the places of those who left are free");
    }

    [Fact]
    public async Task What_is_outside_of_the_grants_is_refused_the_same_whether_it_exists_or_not()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        (await PublishAsync(server, Ann, "ann/there", "secret")).Status.ShouldBe(202);
        await using var client = await ReadAsync(server, Ann, "/v1/events?stream=ann/there&client=ann/there");
        await client.NextAsync(static b => b.Type == "hub.open", "hub.open");
        foreach (var (method, target, body) in new (string, string, string?)[]
        {
            ("GET", "/v1/stream?stream=ann/NAME", null), ("HEAD", "/v1/stream?stream=ann/NAME", null),
            ("PUT", "/v1/stream?stream=ann/NAME", ""), ("DELETE", "/v1/stream?stream=ann/NAME", null),
            ("PUT", "/v1/stream?stream=ann/NAME", """{"maxEvents":5}"""),
            ("GET", "/v1/stream/history?stream=ann/NAME", null), ("DELETE", "/v1/stream/history?stream=ann/NAME", null),
            ("GET", "/v1/stream/events?stream=ann/NAME", null), ("GET", "/v1/events?stream=eve/1&stream=ann/NAME", null),
            ("GET", "/events?stream=ann/NAME", null), ("GET", "/v1/events?stream=eve/1&client=ann/NAME", null),
            ("GET", "/v1/events?stream=eve/1&zone=ann/NAME", null),
            ("POST", "/v1/publish?stream=ann/NAME", "x"), ("POST", "/v1/publish?client=ann/NAME", "x"),
            ("POST", "/v1/publish?zone=ann/NAME", "x"),
            ("POST", "/v1/subscriptions", """{"id":"eve/s","streams":["ann/NAME"]}"""),
            ("GET", "/v1/client?client=ann/NAME", null), ("DELETE", "/v1/client?client=ann/NAME", null),
            ("PATCH", "/v1/client/subscriptions?client=ann/NAME", """{"add":["eve/1"]}"""),
            ("DELETE", "/v1/sessions?subject=ann/NAME", null),
        })
        {
            var there = await SendAsync(server, Eve, method, target.Replace("NAME", "there"), body?.Replace("NAME", "there"));
            var absent = await SendAsync(server, Eve, method, target.Replace("NAME", "absent"), body?.Replace("NAME", "absent"));
            there.Status.ShouldBe(403, $"{method} {target}");
            absent.Status.ShouldBe(403, $"{method} {target}");
            there.Text.Replace("there", "absent").ShouldBe(absent.Text, $"{method} {target}");
        }
        foreach (var target in new[] { "/v1/broadcast", "/v1/zones/default/events", "/broadcast" })
            (await SendAsync(server, Eve, "POST", target, "x")).Status.ShouldBe(403, target);
        foreach (var target in new[] { "/v1/cluster", "/metrics" })
            (await SendAsync(server, Eve, "GET", target)).Status.ShouldBe(403, target);

        // Nothing has happened to her.
        (await PublishAsync(server, Ann, "ann/there", "next")).Status.ShouldBe(202);
        (await client.NextAsync(static b => b.Type is null or "hub.end", "the event")).Data.ShouldBe("next");
        (await SendAsync(server, Ops, "GET", "/v1/streams")).Json.GetProperty("streams").EnumerateArray()
            .Select(static s => s.GetProperty("name").GetString()).ShouldBe(["ann/there"]);
    }

    [Fact]
    public async Task Lists_show_a_tenant_its_own_names_and_say_how_to_ask()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        foreach (var (token, name) in new[] { (Ann, "ann"), (Eve, "eve") })
        {
            (await PublishAsync(server, token, $"{name}/a", "x")).Status.ShouldBe(202);
            (await PublishAsync(server, token, $"{name}/b", "x")).Status.ShouldBe(202);
        }
        await using var ann = await ReadAsync(server, Ann, "/v1/events?stream=ann/a&client=ann/c");
        await using var eve = await ReadAsync(server, Eve, "/v1/events?stream=eve/a&client=eve/c");
        await using var made = await ReadAsync(server, Ops, "/v1/events?stream=eve/a");
        foreach (var reader in new[] { ann, eve, made }) await reader.NextAsync(static b => b.Type == "hub.open", "hub.open");

        foreach (var (list, key) in new[] { ("/v1/streams", "name"), ("/v1/clients", "id") })
        {
            foreach (var query in new[] { "", "?prefix=", "?prefix=e", "?prefix=eve", "?prefix=ann/", "?prefix=EVE/", "?stream=eve/a",
                "?after=eve/&limit=1" })
            {
                var refused = await SendAsync(server, Eve, "GET", list + query);
                (refused.Status, refused.Code).ShouldBe((403, "forbidden"), list + query);
                Detail(refused).ShouldEndWith("a 'prefix' of names that it may list is allowed.");
            }
            var own = list == "/v1/streams" ? new[] { "eve/a", "eve/b" } : ["eve/c"];
            (await NamesAsync(server, Eve, list + "?prefix=eve/", key)).ShouldBe(own);
            (await NamesAsync(server, Eve, list + "?prefix=eve/x", key)).ShouldBeEmpty();
            (await NamesAsync(server, Eve, list + "?prefix=eve/&after=a", key)).ShouldBe(own);
            (await SendAsync(server, Ops, "GET", list)).Status.ShouldBe(200);
        }
        (await NamesAsync(server, Ops, "/v1/clients?prefix=ann/", "id")).ShouldBe(["ann/c"]);
        (await SendAsync(server, Eve, "GET", "/v1/client?client=eve/c")).Status.ShouldBe(200);
        (await SendAsync(server, Eve, "PATCH", "/v1/client/subscriptions?client=eve/c", """{"add":["ann/a"]}""")).Status.ShouldBe(403);
        (await SendAsync(server, Eve, "PATCH", "/v1/client/subscriptions?client=eve/c", """{"add":["eve/b"]}""")).Status.ShouldBe(429);
        (await SendAsync(server, Eve, "DELETE", "/v1/client?client=eve/c")).Status.ShouldBe(204);
        (await eve.NextAsync(static b => b.Type == "hub.end", "hub.end")).Data.ShouldBe("""{"reason":"disconnected"}""");
    }

    [Fact]
    public async Task More_than_the_namespace_has_is_refused_and_nothing_is_created()
    {
        using var file = Config();
        await using var server = await TestServer.StartAsync("--config", file.Path);
        foreach (var (body, fault) in new[]
        {
            ("""{"maxEvents":5000}""", "maxEvents is 5000; at most 1000 is allowed in the namespace 'eve/'."),
            ("""{"maxBytes":1099511627776}""", "maxBytes is 1099511627776; at most"),
            ("""{"maxAge":"2h","maxSubscribers":null}""",
                "maxAge is 2h; at most 1h is allowed in the namespace 'eve/'. maxSubscribers is null; at most 2 is"),
            ("""{"slowReader":"conflate","conflateMaxBytes":1073741824}""", "conflateMaxBytes is 1073741824; at most 16777216 is"),
        })
        {
            var refused = await SendAsync(server, Eve, "PUT", "/v1/stream?stream=eve/a", body);
            (refused.Status, refused.Code).ShouldBe((400, "options-invalid"));
            Detail(refused).ShouldContain(fault);
            (await SendAsync(server, Eve, "GET", "/v1/stream?stream=eve/a")).Status.ShouldBe(404);
        }
        var made = await SendAsync(server, Eve, "PUT", "/v1/stream?stream=eve/a", """{"slowReader":"conflate","ttl":"3h"}""");
        made.Status.ShouldBe(201);
        var options = made.Json.GetProperty("options");
        options.GetProperty("maxEvents").GetInt64().ShouldBe(1_000);
        // What the namespace says nothing of is as it is outside.
        options.GetProperty("maxBytes").GetInt64().ShouldBe(2 * MiB);
        (await SendAsync(server, Ops, "PUT", "/v1/stream?stream=other", """{"maxEvents":5000}""")).Status.ShouldBe(201);
    }

    [Theory]
    [InlineData("""{ "Namespaces": { "t/": { "MaxReader": 1 } } }""", "Namespaces:t/:MaxReader is not a key", "did you mean MaxReaders?")]
    [InlineData("""{ "Namespaces": { "a b.": { "MaxStreams": 0 } } }""", "Namespaces:a b.:MaxStreams is 0; 1 to 10000000 are allowed")]
    [InlineData("""{ "Namespaces": { "t.": { "StreamDefaults": { "MaxAge": "0s" } } } }""", "Namespaces:t.:StreamDefaults:MaxAge is 0s;")]
    [InlineData("""{ "Namespaces": { "t/": { "StreamDefaults": { "Ids": "x" } } } }""", "Namespaces:t/:StreamDefaults:Ids is 'x' (from ")]
    [InlineData("""{ "Namespaces": { "$t/": { "MaxReaders": 1 } } }""", "Namespaces:$t/ is no prefix of names.")]
    [InlineData("""{ "Namespaces": { "t/": 5 } }""", "Namespaces:t/ is one value")]
    [InlineData("""{ "Namespaces": 5 }""", "Namespaces is one value")]
    [InlineData("""{ "Namespaces": { "t/": { "MaxReaders": 1 }, "T/": { "MaxStreams": 1 } } }""",
        "Namespaces:t/ (from ", "Namespaces:T/ (from ", "differ in case only")]
    [InlineData("""{ "Hub": { "Namespaces": { "t/": { "MaxReaders": 1 } } } }""", "Hub:Namespaces is not a key")]
    public void Wrong_namespace_is_named(string content, params string[] expected)
    {
        var faults = ConfigFile.FaultsOf(content);
        foreach (var part in expected) faults.ShouldContain(part);
    }

    [Fact]
    public async Task Configuration_shows_every_key_of_a_namespace_and_the_environment_sets_one()
    {
        using var file = Config();
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", "--config", file.Path],
            new Dictionary<string, string> { ["AKKASSE_NAMESPACES__eve/__MAXSTREAMS"] = "7" });

        code.ShouldBe(0, output);
        string Line(string key) => string.Join(' ', output.Split('\n').Single(l => l.StartsWith(key + " ", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Line("Namespaces:eve/:MaxStreams").ShouldBe("Namespaces:eve/:MaxStreams 7 environment, AKKASSE_");
        Line("Namespaces:eve/:MaxLogBytes").ShouldBe($"Namespaces:eve/:MaxLogBytes 1MiB {file.Path}");
        Line("Namespaces:eve/:StreamDefaults:MaxEvents").ShouldBe($"Namespaces:eve/:StreamDefaults:MaxEvents 1000 {file.Path}");
        Line("Namespaces:ann/:StreamDefaults:MaxBytes").ShouldBe("Namespaces:ann/:StreamDefaults:MaxBytes 2MiB default");
        Line("Namespaces:ann/:MaxReaders").ShouldBe($"Namespaces:ann/:MaxReaders 10 {file.Path}");
    }

    private static ConfigFile Config() => new(new
    {
        Namespaces = Options,
        Hub = new { MaxLogBytes = "2MiB", StreamDefaults = new { MaxBytes = "2MiB" } },
        Auth = new
        {
            Tokens = new[]
            {
                new { Token = Ann, Subject = "ann", Grants = new[] { "all:ann/*" } },
                new { Token = Eve, Subject = "eve", Grants = new[] { "all:eve/*" } },
                new { Token = Ops, Subject = "ops", Grants = new[] { "all" } },
            },
        },
    });

    private static string Detail(RawResponse answer) => answer.Json.GetProperty("detail").GetString()!;

    private static string Bearer(string token) => "Authorization: Bearer " + token;

    private static Task<RawResponse> SendAsync(TestServer server, string token, string method, string target, string? body = null) =>
        RawHttp.SendAsync(server.Url, method, target, body is null ? null : System.Text.Encoding.UTF8.GetBytes(body), Bearer(token));

    private static Task<RawResponse> PublishAsync(TestServer server, string token, string stream, string data) =>
        SendAsync(server, token, "POST", $"/v1/publish?stream={stream}", data);

    private static async Task<RawSseClient> ReadAsync(TestServer server, string token, string target, int status = 200)
    {
        var reader = await RawSseClient.OpenAsync(server.Url, target, Bearer(token));
        reader.Head.Status.ShouldBe(status, target);
        return reader;
    }

    private static async Task<string?[]> NamesAsync(TestServer server, string token, string target, string key)
    {
        var answer = await SendAsync(server, token, "GET", target);
        answer.Status.ShouldBe(200, target);
        var items = answer.Json.EnumerateObject().First(static m => m.Value.ValueKind == JsonValueKind.Array).Value;
        return [.. items.EnumerateArray().Select(i => i.GetProperty(key).GetString())];
    }
}
