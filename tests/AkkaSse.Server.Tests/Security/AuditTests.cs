using System.Text.Json.Nodes;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Security;

/// <summary>Each call is one entry that says who did what to whom and how it ended, and nothing that is nobody's business.</summary>
[Trait("speed", "slow")]
public sealed class AuditTests
{
    private const string Ann = "annas-horse-battery-staple";
    private const string Bob = "robert-horse-battery-staple";
    private const string Auditor = "auditor-horse-battery-staple";
    private const string Own = "Origin: http://localhost";
    private const string ToStream = "POST /v1/streams/{stream}/events";

    [Fact]
    public async Task Each_kind_is_one_entry_and_no_entry_and_no_line_has_a_secret()
    {
        using var file = Config(new { Stream = true, Log = true, Events = Everything });
        await using var server = await TestServer.StartAsync("--config", file.Path, "--node-name", "n1");
        (await PublishAsync(server, Ann, "news", "marker-of-the-payload")).Status.ShouldBe(202);
        (await PublishAsync(server, "another-token-than-any", "news", "x")).Status.ShouldBe(401);
        (await PublishAsync(server, Bob, "news", "x")).Status.ShouldBe(403);
        (await SendAsync(server, Ann, "GET", "/v1/streams/news/history?marker=in-the-query")).Status.ShouldBe(200);
        (await SendAsync(server, Ann, "PUT", "/v1/streams/made")).Status.ShouldBe(201);
        var session = await SendAsync(server, Ann, "POST", "/v1/session");
        session.Status.ShouldBe(201);
        var cookie = session.Header("Set-Cookie")!.Split(';')[0];
        (await RawHttp.PostAsync(server.Url, "/v1/streams/news/events", "y", "Cookie: " + cookie, Own)).Status.ShouldBe(202);
        var ticket = (await SendAsync(server, Ann, "POST", "/v1/tickets")).Json.GetProperty("ticket").GetString()!;
        await using (var reader = await RawSseClient.OpenAsync(
            server.Url, $"/v1/events?stream=news&client=ann&instance=one&ticket={ticket}"))
        {
            await reader.NextAsync("hub.open");
            (await SendAsync(server, Ann, "DELETE", "/v1/clients/ann")).Status.ShouldBe(204);
            await reader.NextAsync("hub.end");
        }
        (await SendAsync(server, Ann, "DELETE", "/v1/sessions/bob")).Status.ShouldBe(204);

        await using var audit = await AuditReading.OpenAsync(server.Url, Auditor);
        var taken = await audit.TakeAsync(12, "auditor");
        taken.Order().ShouldBe(new[]
        {
            Entry("publish", ToStream, "ann", "token", "'streams':['news'],'status':202,'count':1,'bytes':21"),
            Entry("refuse", ToStream, null, "none", "'status':401,'code':'unauthorized'", "publish"),
            Entry("refuse", ToStream, "bob", "token", "'streams':['news'],'status':403,'code':'forbidden'", "publish"),
            Entry("read", "GET /v1/streams/{stream}/history", "ann", "token", "'streams':['news'],'status':200"),
            Entry("manage", "PUT /v1/streams/{stream}", "ann", "token", "'streams':['made'],'status':201"),
            Entry("session", "POST /v1/session", "ann", "token", "'status':201"),
            Entry("publish", ToStream, "ann", "session", "'streams':['news'],'status':202,'count':1,'bytes':1"),
            Entry("ticket", "POST /v1/tickets", "ann", "token", "'status':201"),
            Entry("connect", "GET /v1/events", "ann", "ticket", "'client':'ann','zone':'default','streams':['news'],'status':200"),
            Entry("disconnect", "DELETE /v1/clients/{client}", "ann", "token", "'client':'ann','status':204"),
            Entry("end", null, "ann", null, "'client':'ann','zone':'default','streams':['news'],'reason':'disconnected'"),
            Entry("revoke", "DELETE /v1/sessions/{subject}", "ann", "token", "'target':'bob','status':204"),
        }.Order());

        // The log has the same entries, each on one line.
        await Eventually.Until(() => LogLines(server).Count >= 13, "the lines of the log");
        LogLines(server).Count(static l => (string?)JsonNode.Parse(l)!["subject"] != "auditor").ShouldBe(12);
        string[] secrets = [Ann, Bob, Auditor, ticket, cookie.Split('=')[1], "marker-of-the-payload", "in-the-query", "another-token"];
        foreach (var secret in secrets)
        {
            audit.Text.ShouldNotContain(secret);
            server.Process.Output.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task Reader_of_the_audit_is_one_entry_and_what_is_appended_none()
    {
        using var file = Config(new { Stream = true, Events = Everything });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await using var audit = await AuditReading.OpenAsync(server.Url, Auditor);

        (await PublishAsync(server, Ann, "news", "x")).Status.ShouldBe(202);
        var first = await audit.NextAsync();
        ((string?)first["subject"], (string?)first["kind"], (string?)first["streams"]![0]).ShouldBe(("auditor", "connect", "$audit"));
        ((string?)(await audit.NextAsync())["kind"]).ShouldBe("publish");
        (await PublishAsync(server, Ann, "last", "x")).Status.ShouldBe(202);
        ((string?)(await audit.NextAsync())["streams"]![0]).ShouldBe("last", "nothing stands between the two");
    }

    [Fact]
    public async Task Audit_is_read_with_its_grant_alone_and_resumes_by_position_and_by_kind()
    {
        using var file = Config(new { Stream = true });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        foreach (var target in new[]
        {
            "/v1/streams/$audit/events", "/v1/stream/events?stream=$audit", "/v1/events?stream=news&stream=%24audit",
            "/v1/streams/$audit/history", "/v1/streams/%24audit", "/v1/stream?stream=$audit",
        })
        {
            var refused = await SendAsync(server, Bob, "GET", target);
            (refused.Status, refused.Code).ShouldBe((403, "forbidden"), target);
        }
        (await SendAsync(server, Bob, "GET", "/v1/streams?limit=1000")).Text.ShouldNotContain("audit");
        (await SendAsync(server, Ann, "GET", "/v1/streams?limit=1000")).Text.ShouldNotContain("audit");
        (await SendAsync(server, Auditor, "GET", "/v1/streams/news/history")).Status.ShouldBe(403);
        (await SendAsync(server, Auditor, "GET", "/v1/streams/$audit")).Json.GetProperty("options").GetProperty("maxAge").GetString()
            .ShouldBe("7d");

        // Publishes are not noted unless they are asked for.
        (await PublishAsync(server, Ann, "news", "x")).Status.ShouldBe(202);
        await using (var reader = await RawSseClient.OpenAsync(
            server.Url, "/v1/streams/$audit/events?since=earliest&type=refuse", "Authorization: Bearer " + Auditor))
        {
            await reader.NextAsync("hub.open");
            for (var i = 0; i < 7; i++) (await reader.NextEventAsync()).Type.ShouldBe("refuse");
        }
        var page = await SendAsync(server, Auditor, "GET", "/v1/streams/$audit/history?limit=2");
        var id = page.Json.GetProperty("events")[0].GetProperty("id").GetString()!;
        await using var again = await RawSseClient.OpenAsync(
            server.Url, "/v1/streams/$audit/events", "Authorization: Bearer " + Auditor, "Last-Event-ID: " + id);
        (await again.NextAsync(static b => b.Type?.StartsWith("hub.", StringComparison.Ordinal) != true, "the next entry"))
            .Data.ShouldBe(page.Json.GetProperty("events")[1].GetProperty("data").GetString());
    }

    [Fact]
    public async Task Names_of_the_hub_are_refused_on_every_edge_whatever_the_grants_are()
    {
        using var file = Config(new { Stream = true });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        foreach (var (method, target, body) in new (string, string, string?)[]
        {
            ("POST", "/v1/streams/$audit/events", "x"),
            ("POST", "/v1/streams/%24audit/events", "x"),
            ("POST", "/v1/streams/$all/events", "x"),
            ("POST", "/v1/publish?stream=$audit", "x"),
            ("POST", "/v1/zones/$audit/events", "x"),
            ("PUT", "/v1/streams/$audit", "{}"),
            ("PUT", "/v1/stream?stream=$audit", "{}"),
            ("DELETE", "/v1/streams/$audit", null),
            ("DELETE", "/v1/stream?stream=$audit", null),
            ("DELETE", "/v1/streams/$audit/history", null),
            ("DELETE", "/v1/stream/history?stream=$audit", null),
            ("GET", "/v1/streams/$all/events", null),
            ("GET", "/v1/events?stream=$zone/default", null),
            ("GET", "/events?stream=$audit", null),
            ("GET", "/automation/api/v2/events?nodes=$audit", null),
            ("POST", "/automation/api/v2/events", """{"properties":{"id":"s"},"nodes":["$audit"]}"""),
            ("POST", "/v1/subscriptions", """{"id":"s","streams":["$audit"]}"""),
            ("PATCH", "/v1/clients/ann/subscriptions", """{"add":[{"stream":"$audit"}]}"""),
        })
        {
            var refused = await SendAsync(server, Ann, method, target, body);
            refused.Status.ShouldBe(400, $"{method} {target}: {refused.Text}");
            refused.Text.ShouldContain("are reserved");
        }
        var batch = await SendAsync(server, Ann, "POST", "/v1/batch", """{"stream":"$audit","data":"x"}""");
        batch.Text.ShouldContain("\"rejected\":1");
        batch.Text.ShouldContain("are reserved");
        var kept = await SendAsync(server, Auditor, "GET", "/v1/streams/$audit/history?limit=1000");
        foreach (var entry in kept.Json.GetProperty("events").EnumerateArray())
            entry.GetProperty("data").GetString()!.ShouldStartWith("{\"time\"", Case.Sensitive, "nobody else has written");
    }

    [Fact]
    public async Task Runs_of_a_batch_are_entries_with_a_count()
    {
        using var file = Config(new { Stream = true, Events = Everything });
        await using var server = await TestServer.StartAsync("--config", file.Path, "--node-name", "n1");

        string[] items =
        [
            """{"stream":"own","data":"12"}""", """{"stream":"own","data":"345"}""", """{"stream":"news","data":"x"}""",
            """{"stream":"own","data":"6"}""", """{"broadcast":true,"data":"7"}""",
        ];
        var answer = await SendAsync(server, Bob, "POST", "/v1/batch", string.Concat(items));
        answer.Status.ShouldBe(200, answer.Text);

        await using var audit = await AuditReading.OpenAsync(server.Url, Auditor);
        const string Call = "POST /v1/batch";
        const string No = "'status':403,'code':'forbidden','count':1,'bytes':0";
        (await audit.TakeAsync(4, "auditor")).ShouldBe(
        [
            Entry("publish", Call, "bob", "token", "'streams':['own'],'status':202,'count':2,'bytes':5"),
            Entry("refuse", Call, "bob", "token", "'streams':['news']," + No, "publish"),
            Entry("publish", Call, "bob", "token", "'streams':['own'],'status':202,'count':1,'bytes':1"),
            Entry("refuse", Call, "bob", "token", "'broadcast':true," + No, "publish"),
        ]);
    }

    [Fact]
    public async Task Refusals_of_limits_are_counted_and_those_of_browsers_say_what_others_get()
    {
        using var file = Config(new { Stream = true, Events = new[] { "refuse" } }, new { Publishes = 1, Connects = 1, Burst = "1s" });
        await using var server = await TestServer.StartAsync("--config", file.Path);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => PublishAsync(server, Ann, "news", "x")));
        var refused = answers.Count(static a => a.Status == 429);
        refused.ShouldBeGreaterThan(0);
        await using var audit = await AuditReading.OpenAsync(server.Url, Auditor);
        for (var noted = 0; noted < refused;)
        {
            var entry = await audit.NextAsync();
            ((string?)entry["action"], (int?)entry["status"], (string?)entry["code"]).ShouldBe(("publish", 429, "limit-reached"));
            noted += (int?)entry["count"] ?? 1;
            noted.ShouldBeLessThanOrEqualTo(refused);
        }

        RawBlock? end = null;
        await Eventually.Until(async () =>
        {
            await using var browser = await RawSseClient.OpenAsync(
                server.Url, "/v1/streams/news/events?browser=1", "Authorization: Bearer " + Ann);
            end = await browser.NextAsync(static b => b.Type is "hub.end" or "hub.open", "hub.end or hub.open");
            return end.Type == "hub.end";
        }, "the limit is reached");
        var told = await audit.NextAsync();
        ((string?)told["action"], (int?)told["status"], (string?)told["code"]).ShouldBe(("connect", 429, "limit-reached"));
    }

    [Fact]
    public async Task Names_of_callers_begin_no_line_and_end_no_text()
    {
        using var file = Config(new { Stream = true, Log = true, Events = Everything });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        const string Name = "a\u2028b\"}\u202e<script>ž";

        (await PublishAsync(server, Ann, Uri.EscapeDataString(Name), "x")).Status.ShouldBe(202);

        await using var audit = await AuditReading.OpenAsync(server.Url, Auditor);
        var entry = await audit.NextAsync();
        ((string?)entry["streams"]![0]).ShouldBe(Name);
        await Eventually.Until(() => LogLines(server).Count > 0, "the line of the log");
        var line = LogLines(server)[0];
        line.All(char.IsAscii).ShouldBeTrue(line);
        ((string?)JsonNode.Parse(line)!["streams"]![0]).ShouldBe(Name);
    }

    [Fact]
    public async Task Without_an_audit_there_is_no_such_stream_and_no_line()
    {
        using var file = Config(new { Events = Everything });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        (await PublishAsync(server, Ann, "news", "x")).Status.ShouldBe(202);

        (await SendAsync(server, Ann, "GET", "/v1/streams/$audit")).Code.ShouldBe("stream-not-found");
        (await SendAsync(server, Ann, "GET", "/v1/streams/$audit/history")).Code.ShouldBe("stream-not-found");
        server.Process.Output.ShouldNotContain("Audit");
    }

    [Theory]
    [InlineData("""{ "Audit": { "Stream": true } }""", "Audit:Stream is true, but nobody has to authenticate")]
    [InlineData("""{ "Audit": { "Events": ["publish", "sing"] } }""", "Audit:Events has 'sing'; connect, end, publish, read, refuse")]
    [InlineData("""{ "Audit": { "MaxAge": "0s" } }""", "Audit:MaxAge is 0s; 1s to 10000d are allowed")]
    [InlineData("""{ "Audit": { "Streams": true } }""", "did you mean Stream?")]
    public void Wrong_audit_is_named(string content, string expected) => ConfigFile.FaultsOf(content).ShouldContain(expected);

    private static string[] Everything { get; } =
        ["connect", "end", "publish", "read", "refuse", "disconnect", "revoke", "session", "ticket", "manage"];

    private static ConfigFile Config(object audit, object? limits = null) => new(new
    {
        Audit = audit,
        Limits = limits ?? new { },
        Auth = new
        {
            Tokens = new[]
            {
                new { Token = Ann, Subject = "ann", Grants = new[] { "all" } },
                new { Token = Bob, Subject = "bob", Grants = new[] { "subscribe", "publish:own" } },
                new { Token = Auditor, Subject = "auditor", Grants = new[] { "audit" } },
            },
        },
    });

    // With ' in place of ".
    private static string Entry(string kind, string? call, string? subject, string? credential, string rest, string? action = null)
    {
        var json = $"{{'node':'n1','kind':'{kind}',"
            + (action is null ? "" : $"'action':'{action}',")
            + (call is null ? "" : $"'call':'{call}',")
            + (subject is null ? "'subject':null," : $"'subject':'{subject}',")
            + (credential is null ? "" : $"'credential':'{credential}',")
            + $"'remote':'127.0.0.1',{rest}}}";
        return JsonNode.Parse(json.Replace('\'', '"'))!.ToJsonString();
    }

    private static List<string> LogLines(TestServer server) =>
        [.. server.Process.Output.Split('\n').Where(static l => l.Contains(" Audit ", StringComparison.Ordinal))
            .Select(static l => l[l.IndexOf('{', StringComparison.Ordinal)..])];

    private static Task<RawResponse> PublishAsync(TestServer server, string token, string stream, string data) =>
        SendAsync(server, token, "POST", $"/v1/streams/{stream}/events", data);

    private static Task<RawResponse> SendAsync(TestServer server, string token, string method, string target, string? body = null) =>
        RawHttp.SendAsync(server.Url, method, target,
            body is null && method is "POST" ? [] : body is null ? null : System.Text.Encoding.UTF8.GetBytes(body),
            "Authorization: Bearer " + token);
}
