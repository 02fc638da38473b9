using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Security;

/// <summary>A ticket is good for the instance that used it first, on every node, until it ends; and for nothing and nobody else.</summary>
[Trait("detach", "both")]
public sealed class TicketTests
{
    private const string Secret = "right-horse-battery-staple";

    [Fact]
    public async Task Ticket_opens_streams_of_one_instance_and_of_no_other()
    {
        await using var server = await TestServer.StartAsync(0, ConfigurationTests.Tokens(Secret, "ann", "subscribe", "publish"), Secret);
        var ticket = await TicketAsync(server);
        var mine = $"/v1/events?stream=a&client=ann&instance=one&ticket={ticket}";

        await using (var reader = await RawSseClient.OpenAsync(server.Url, mine)) await OpenedAsync(reader);
        await using (var again = await RawSseClient.OpenAsync(server.Url, mine)) await OpenedAsync(again);

        foreach (var stolen in new[]
        {
            $"/v1/events?stream=a&client=ann&instance=two&ticket={ticket}",
            $"/v1/events?stream=a&instance=one&ticket={ticket}",
            $"/v1/events?stream=a&client=bob&instance=one&ticket={ticket}",
            $"/v1/events?stream=a&client=ann&ticket={ticket}",
            $"/v1/events?stream=a&client=ann&instance=one&ticket={ticket}&ticket={ticket}",
            $"/v1/events?stream=a&client=ann&instance=one&ticket={ticket[..^1]}",
            "/v1/events?stream=a&client=ann&instance=one&ticket=",
            // Not what it is for.
            $"/v1/streams/a/history?instance=one&client=ann&ticket={ticket}",
            $"/v1/streams?instance=one&client=ann&ticket={ticket}",
        })
        {
            var refused = await RawHttp.GetAsync(server.Url, stolen);
            refused.Status.ShouldBeOneOf([401, 429], stolen);
            refused.Text.ShouldNotContain(ticket);
        }
        (await RawHttp.PostAsync(server.Url, $"/v1/streams/a/events?instance=one&client=ann&ticket={ticket}", "x")).Status.ShouldBe(401);
        (await RawHttp.PostAsync(server.Url, $"/v1/tickets?instance=one&client=ann&ticket={ticket}", "")).Status.ShouldBe(401);
        await using var last = await RawSseClient.OpenAsync(server.Url, mine);
        await OpenedAsync(last);
    }

    [Fact]
    public async Task Tickets_of_one_subject_are_bounded()
    {
        await using var server = await TestServer.StartAsync(0, ConfigurationTests.Tokens(Secret, "ann", "all"), Secret);

        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(_ => server.Http.PostAsync("/v1/tickets", null)));

        answers.Count(static a => (int)a.StatusCode == 201).ShouldBeGreaterThanOrEqualTo(100);
        var refused = answers.First(static a => (int)a.StatusCode == 429);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        (await refused.Content.ReadAsStringAsync()).ShouldContain("limit-reached");
    }

    [Fact]
    public async Task Ticket_stands_in_no_log_and_no_list()
    {
        await using var server = await TestServer.StartAsync(0, ConfigurationTests.Tokens(Secret, "ann", "all"), Secret,
            "--set", "Logging:LogLevel:Default=trace");
        var ticket = await TicketAsync(server);
        await using var reader = await RawSseClient.OpenAsync(
            server.Url, $"/v1/events?stream=a&client=ann&instance=one&ticket={ticket}&x=y");
        await OpenedAsync(reader);

        var listed = await server.Http.GetStringAsync("/v1/clients/ann");
        listed.ShouldContain("ticket=-");
        listed.ShouldNotContain(ticket);
        await RawHttp.GetAsync(server.Url, $"/v1/events?stream=a&client=ann&instance=two&ticket={ticket}");
        server.Process.Output.ShouldNotContain(ticket);
    }

    [Fact]
    public async Task Ticket_ends_and_an_unused_one_ends_sooner()
    {
        await using var server = await TestServer.StartAsync(0, ConfigurationTests.Tokens(Secret, "ann", "all"), Secret,
            "--set", "Auth:TicketLifetime=4s", "--set", "Auth:TicketFirstUse=1s");
        var unused = await TicketAsync(server);
        var used = await TicketAsync(server);
        await using (var reader = await RawSseClient.OpenAsync(server.Url, $"/v1/events?stream=a&instance=one&ticket={used}"))
        {
            await OpenedAsync(reader);
            // The first use decides; how long the machine has taken for it is another matter.
            await Eventually.Until(async () => await StatusAsync(server, unused) == 401, "the unused ticket has ended");
            await Eventually.Until(async () => await StatusAsync(server, used) == 401, "the used ticket has ended");
            // What it has opened goes on: its token has no end.
            (await server.PublishAsync("a", "later")).StatusCode.ShouldBe(System.Net.HttpStatusCode.Accepted);
            (await reader.NextAsync(static b => b.Data == "later", "the event")).ShouldNotBeNull();
        }
    }

    [Fact]
    [Trait("speed", "slow")]
    public async Task Ticket_of_one_node_is_good_on_the_other_and_a_revocation_reaches_both()
    {
        var (port, other) = (FreePort.Next(), FreePort.Next());
        string[] cluster = ["--engine", "akka", "--akka-seed", $"127.0.0.1:{port}"];
        var tokens = ConfigurationTests.Tokens(Secret, "ann", "all");
        await using var first = await TestServer.StartAsync(0, tokens, Secret, [.. cluster, "--akka-port", $"{port}"]);
        await using var second = await TestServer.StartAsync(0, tokens, Secret, [.. cluster, "--akka-port", $"{other}"]);
        foreach (var node in new[] { first, second })
        {
            await Eventually.Until(async () => (await RawHttp.GetAsync(node.Url, "/healthz/ready")).Status == 200,
                () => "the node is ready", () => node.Process.Output.Length);
        }
        await Eventually.Until(
            async () => (await RawHttp.GetAsync(second.Url, "/v1/cluster", "Authorization: Bearer " + Secret)).Text.Split(
                "\"name\"").Length == 3, () => "both nodes are one cluster", () => second.Process.Output.Length);

        var ticket = await TicketAsync(first);
        var target = $"/v1/events?stream=a&client=ann&instance=one&ticket={ticket}";
        await using var reader = await RawSseClient.OpenAsync(second.Url, target);
        await OpenedAsync(reader);
        (await RawHttp.GetAsync(first.Url, target.Replace("one", "two", StringComparison.Ordinal))).Status.ShouldBe(401);

        (await first.Http.DeleteAsync("/v1/sessions/ann")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent);

        (await reader.NextAsync(static b => b.Type == "hub.end", "hub.end")).Data.ShouldBe("""{"reason":"revoked"}""");
        foreach (var node in new[] { first, second }) (await RawHttp.GetAsync(node.Url, target)).Status.ShouldBe(401);
        // Sessions need keys that both have.
        (await RawHttp.PostAsync(second.Url, "/v1/session", "", "Authorization: Bearer " + Secret)).Code.ShouldBe("sessions-off");
    }

    private static async Task<string> TicketAsync(TestServer server)
    {
        var answer = await RawHttp.PostAsync(server.Url, "/v1/tickets", "", "Authorization: Bearer " + Secret);
        answer.Status.ShouldBe(201, answer.Text);
        answer.Header("Cache-Control").ShouldBe("no-store");
        answer.Json.GetProperty("expires").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddSeconds(-60));
        return answer.Json.GetProperty("ticket").GetString()!;
    }

    // Without keeping a stream that was opened.
    private static async Task<int> StatusAsync(TestServer server, string ticket)
    {
        await using var reader = await RawSseClient.OpenAsync(server.Url, $"/v1/events?stream=a&instance=one&ticket={ticket}");
        return reader.Head.Status == 429 ? 401 : reader.Head.Status;
    }

    private static async Task OpenedAsync(RawSseClient reader)
    {
        reader.Head.Status.ShouldBe(200);
        await reader.NextAsync(static b => b.Type == "hub.open", "hub.open");
    }
}
