using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Security;

/// <summary>What one caller asks for too often is refused, to it alone, with a time to come back.</summary>
[Trait("detach", "both")]
public sealed class LimitTests
{
    private const string Ann = "annas-horse-battery-staple";
    private const string Bob = "robert-horse-battery-staple";

    [Fact]
    public async Task Publishes_and_bytes_of_one_subject_are_bounded_and_another_subject_is_not_held_up()
    {
        using var file = Config(new { Publishes = 1, PublishBytes = "1KiB", Burst = "5s" });
        await using var server = await TestServer.StartAsync("--config", file.Path);

        var (accepted, refused) = await UntilRefusedAsync(() => PublishAsync(server, Ann, "x"));
        accepted.ShouldBeGreaterThanOrEqualTo(5);
        (refused.Status, refused.Code).ShouldBe((429, "limit-reached"));
        int.Parse(refused.Header("Retry-After")!, null).ShouldBeGreaterThan(0);
        refused.Text.ShouldContain("Limits:Publishes");
        (await PublishAsync(server, Bob, "x")).Status.ShouldBe(202);
        // What is read is not held up by what is written.
        (await RawHttp.GetAsync(server.Url, "/v1/streams/a/history", "Authorization: Bearer " + Ann)).Status.ShouldBe(200);

        var (_, tooMuch) = await UntilRefusedAsync(() => PublishAsync(server, Bob, new string('x', 4 << 10)), atOnce: 3);
        tooMuch.Text.ShouldContain("Limits:PublishBytes");
        await Eventually.Until(async () => (await PublishAsync(server, Ann, "x")).Status == 202, "the limit lets her in again");
    }

    [Fact]
    public async Task Connects_of_one_caller_are_bounded_and_a_browser_is_told_when_to_come_back()
    {
        using var file = Config(new { Connects = 1, Burst = "2s" });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        await using var first = await RawSseClient.OpenAsync(server.Url, "/v1/streams/a/events", "Authorization: Bearer " + Ann);
        await first.NextAsync(static b => b.Type == "hub.open", "hub.open");

        var (_, refused) = await UntilRefusedAsync(async () =>
        {
            await using var reader = await RawSseClient.OpenAsync(server.Url, "/v1/streams/a/events", "Authorization: Bearer " + Ann);
            return reader.Head;
        });
        refused.Header("Retry-After").ShouldNotBeNull();
        RawBlock? end = null;
        await Eventually.Until(async () =>
        {
            await using var browser = await RawSseClient.OpenAsync(
                server.Url, "/v1/streams/a/events?browser=1", "Authorization: Bearer " + Ann, "Last-Event-ID: 3-abc");
            browser.Head.Status.ShouldBe(200);
            end = await browser.NextAsync(static b => b.Type is "hub.end" or "hub.open", "hub.end or hub.open");
            return end.Type == "hub.end";
        }, "the limit is reached");
        end!.Data.ShouldBe("""{"reason":"limit"}""");
        int.Parse(end.Retry!, null).ShouldBeGreaterThan(0);
        end.Id.ShouldBe("3-abc");

        // Nothing that is open is ended for a limit.
        (await PublishAsync(server, Bob, "still here")).Status.ShouldBe(202);
        (await first.NextAsync(static b => b.Data == "still here", "the event")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Batch_is_as_much_as_its_events_and_a_stream_is_limited_whoever_publishes()
    {
        using var file = Config(new { Publishes = 1, Burst = "5s", Stream = new { Publishes = 1 } });
        await using var server = await TestServer.StartAsync("--config", file.Path);
        var items = string.Concat(Enumerable.Repeat("{\"stream\":\"a\",\"data\":\"x\"}\n", 1_000));

        var batch = await RawHttp.PostAsync(server.Url, "/v1/batch", items, "Authorization: Bearer " + Ann);
        batch.Status.ShouldBe(200);
        batch.Json.GetProperty("accepted").GetInt32().ShouldBeInRange(5, 500);
        var codes = batch.Json.GetProperty("items").EnumerateArray().Skip(5)
            .Select(static i => i.TryGetProperty("code", out var code) ? code.GetString() : null).Distinct();
        codes.ShouldContain("limit-reached");

        var (_, refused) = await UntilRefusedAsync(() => PublishAsync(server, Bob, "x"));
        refused.Text.ShouldContain("Limits:Stream:Publishes");
        (await RawHttp.PostAsync(server.Url, "/v1/streams/b/events", "x", "Authorization: Bearer " + Bob)).Status.ShouldBe(202);

        var metrics = (await RawHttp.GetAsync(server.Url, "/metrics", "Authorization: Bearer " + Ann)).Text.Split('\n');
        foreach (var scope in new[] { "caller", "stream" })
            metrics.ShouldContain(l => l.StartsWith($$"""akkasse_limits_refused_total{scope="{{scope}}"} """, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Address_that_a_known_proxy_names_is_limited_and_not_the_proxys()
    {
        using var file = Config(new { Burst = "5s", Address = new { Publishes = 1 } });
        await using var server = await TestServer.StartAsync("--config", file.Path, "--known-proxy", "127.0.0.1");
        Task<RawResponse> From(string address, string token) => RawHttp.PostAsync(
            server.Url, "/v1/streams/a/events", "x", "Authorization: Bearer " + token, "X-Forwarded-For: " + address);

        var (_, refused) = await UntilRefusedAsync(() => From("10.0.0.1", Ann));
        refused.Text.ShouldContain("Limits:Address:Publishes");
        (await From("10.0.0.2", Ann)).Status.ShouldBe(202);
        var (accepted, _) = await UntilRefusedAsync(() => From("10.0.0.2", Bob));
        accepted.ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    [Trait("speed", "slow")]
    public async Task What_a_subject_has_published_on_one_node_counts_on_the_other()
    {
        // So much at once that no machine makes up for it second by second.
        using var file = Config(new { ClusterPublishes = 1, Burst = "10m" });
        var (port, other) = (FreePort.Next(), FreePort.Next());
        string[] cluster = ["--config", file.Path, "--engine", "akka", "--akka-seed", $"127.0.0.1:{port}"];
        await using var first = await TestServer.StartAsync([.. cluster, "--akka-port", $"{port}"]);
        await using var second = await TestServer.StartAsync([.. cluster, "--akka-port", $"{other}"]);
        foreach (var node in new[] { first, second })
        {
            await Eventually.Until(async () => (await RawHttp.GetAsync(node.Url, "/healthz/ready")).Status == 200,
                () => "the node is ready", () => node.Process.Output.Length);
        }
        await Eventually.Until(
            async () => (await RawHttp.GetAsync(second.Url, "/v1/cluster", "Authorization: Bearer " + Ann)).Text.Split("\"name\"")
                .Length == 3, () => "both nodes are one cluster", () => second.Process.Output.Length);

        var items = string.Concat(Enumerable.Repeat("{\"stream\":\"a\",\"data\":\"x\"}\n", 2_000));
        var batch = await RawHttp.PostAsync(first.Url, "/v1/batch", items, "Authorization: Bearer " + Ann);
        batch.Json.GetProperty("accepted").GetInt32().ShouldBeGreaterThanOrEqualTo(600);
        batch.Text.ShouldContain("Limits:ClusterPublishes");

        // The second node alone would allow 600.
        var accepted = 0;
        RawResponse? refused = null;
        await Eventually.Until(async () =>
        {
            var answer = await PublishAsync(second, Ann, "x");
            if (answer.Status == 202) accepted++;
            refused = answer;
            return answer.Status == 429 || accepted >= 600;
        }, () => $"the second node hears of it; it has allowed {accepted}");
        accepted.ShouldBeLessThan(600);
        refused!.Text.ShouldContain("Limits:ClusterPublishes");
        (await PublishAsync(second, Bob, "x")).Status.ShouldBe(202);
    }

    [Fact]
    public async Task With_authentication_the_hosts_that_are_named_are_served_and_no_others_and_methods_of_other_origins_are_a_key()
    {
        await using var server = await TestServer.StartAsync(0, ConfigurationTests.Tokens(Ann, "ann", "all"), Ann,
            "--allow-host", "hub.example", "--cors-origin", "https://app.example", "--set", "Server:CorsMethods=GET");

        foreach (var (host, expected) in new[] { ("hub.example", 200), ("evil.example", 403), ("127.0.0.1", 200) })
        {
            (await RawHttp.GetAsync(server.Url, "/v1/streams", "Host: " + host, "Authorization: Bearer " + Ann)).Status
                .ShouldBe(expected, host);
        }
        // A program, or a page with a token: the credential decides.
        (await RawHttp.PostAsync(server.Url, "/v1/streams/a/events", "x", "Origin: https://other.example", "Authorization: Bearer " + Ann))
            .Status.ShouldBe(202);
        var preflight = await RawHttp.SendAsync(server.Url, "OPTIONS", "/v1/streams/a/events", null, "Origin: https://app.example",
            "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization");
        preflight.Header("Access-Control-Allow-Methods").ShouldBe("GET");
    }

    [Theory]
    [InlineData("""{ "Limits": { "Publishes": 0 } }""", "Limits:Publishes is 0; 1 to 1000000 are allowed, or none")]
    [InlineData("""{ "Limits": { "PublishBytes": "1" } }""", "Limits:PublishBytes is 1; 1KiB to 1GiB")]
    [InlineData("""{ "Limits": { "Burst": "1h" } }""", "Limits:Burst is 1h")]
    [InlineData("""{ "Limits": { "Address": { "Connects": 0 } } }""", "Limits:Address:Connects is 0; 1 to 1000000 are allowed, or none")]
    [InlineData("""{ "Limits": { "Stream": { "PublishBytes": "2GiB" } } }""", "Limits:Stream:PublishBytes is")]
    [InlineData("""{ "Limits": { "Stream": { "Burst": "1s" } } }""", "Limits:Stream:Burst is not a key")]
    [InlineData("""{ "Limits": { "ClusterPublishes": 0 } }""", "Limits:ClusterPublishes is 0; 1 to 1000000 are allowed, or none")]
    [InlineData("""{ "Limits": { "Publish": 1 } }""", "did you mean Publishes?")]
    [InlineData("""{ "Server": { "CorsMethods": "GET,TRACE" } }""", "Server:CorsMethods has 'TRACE'")]
    public void Wrong_limit_is_named(string content, string expected) => ConfigFile.FaultsOf(content).ShouldContain(expected);

    private static ConfigFile Config(object limits) => new(new
    {
        Limits = limits,
        Auth = new
        {
            Tokens = new[]
            {
                new { Token = Ann, Subject = "ann", Grants = new[] { "all" } },
                new { Token = Bob, Subject = "bob", Grants = new[] { "all" } },
            },
        },
    });

    // Many at once, so that a slow machine asks too fast as well.
    private static async Task<(int Accepted, RawResponse Refused)> UntilRefusedAsync(Func<Task<RawResponse>> call, int atOnce = 20)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => call()));
        answers.ShouldAllBe(static a => a.Status == 200 || a.Status == 202 || a.Status == 429);
        return (answers.Count(static a => a.Status != 429), answers.First(static a => a.Status == 429));
    }

    private static Task<RawResponse> PublishAsync(TestServer server, string token, string data) =>
        RawHttp.PostAsync(server.Url, "/v1/streams/a/events", data, "Authorization: Bearer " + token);
}
