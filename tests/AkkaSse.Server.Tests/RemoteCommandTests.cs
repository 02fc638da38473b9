using System.Net;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

/// <summary>The commands that call a running server, as processes of their own.</summary>
[Trait("speed", "slow")]
public sealed class RemoteCommandTests
{
    [Fact]
    public async Task Subscribe_shows_what_arrives_and_ends_after_its_count()
    {
        await using var server = await TestServer.StartAsync();
        (await server.PublishAsync("news", "[bold]one", "headline")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await server.PublishAsync("news", "two")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["subscribe", server.Url.ToString(), "--stream", "news", "--since", "earliest", "--count", "2", "--json"]);

        code.ShouldBe(0);
        var lines = output.Split('\n').Where(l => l.StartsWith('{')).ToList();
        lines.Count.ShouldBe(2);
        lines[0].ShouldContain("\"type\":\"headline\"");
        lines[0].ShouldContain("[bold]one");
        lines[1].ShouldContain("\"type\":\"message\"");
        output.ShouldContain("open as");
    }

    [Fact]
    public async Task Subscribe_names_what_was_missed()
    {
        await using var server = await TestServer.StartAsync();
        (await server.PublishAsync("news", "two")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["subscribe", server.Url.ToString(), "-s", "news", "--last-event-id", "4-old", "--count", "1"]);

        code.ShouldBe(0);
        output.ShouldContain("missed 5 to ? of news (epoch-changed)");
        output.ShouldContain("\ttwo");
    }

    [Fact]
    public async Task Subscribe_to_nothing_fails_in_a_sentence()
    {
        await using var server = await TestServer.StartAsync("--auto-create", "false");

        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["subscribe", server.Url.ToString(), "-s", "nowhere"]);

        code.ShouldBe(1);
        output.ShouldContain("404");
        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Publish_appends_one_event_and_says_where()
    {
        await using var server = await TestServer.StartAsync();

        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["publish", server.Url.ToString(), "--stream", "news", "--type", "headline", "hello [world]"]);

        code.ShouldBe(0, output);
        output.ShouldStartWith("1-");
        var history = await server.Http.GetStringAsync("/v1/streams/news/history");
        history.ShouldContain("\"type\":\"headline\"");
        history.ShouldContain("hello [world]");
    }

    [Fact]
    public async Task Publish_of_lines_keeps_their_order()
    {
        await using var server = await TestServer.StartAsync();
        await using var reader = await server.ReadAsync("/v1/streams/lines/events");
        await reader.NextAsync("hub.open");

        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["publish", server.Url.ToString(), "--stream", "lines", "--lines"],
            input: string.Concat(Enumerable.Range(0, 1_000).Select(i => $"line {i}\n")));

        code.ShouldBe(0, output);
        output.ShouldContain("1000 published");
        for (var i = 0; i < 1_000; i++) (await reader.NextAsync("message")).Data.ShouldBe($"line {i}");
    }

    [Fact]
    public async Task Publish_to_a_client_that_is_not_there_fails_in_a_sentence()
    {
        await using var server = await TestServer.StartAsync();

        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["publish", server.Url.ToString(), "--client", "nobody", "hello"]);

        code.ShouldBe(1);
        output.ShouldContain("nobody");
        output.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("Exactly one target is needed", "publish", "http://localhost:1", "hello")]
    [InlineData("Exactly one target is needed", "publish", "http://localhost:1", "hello", "--stream", "a", "--broadcast")]
    [InlineData("--lines needs --stream", "publish", "http://localhost:1", "--broadcast", "--lines")]
    [InlineData("'ftp://x' is not a url", "subscribe", "ftp://x")]
    [InlineData("--readers is 0; 1 to 20000 are allowed", "bench", "http://localhost:1", "--readers", "0")]
    public async Task Command_that_makes_no_sense_is_a_usage_fault(string fault, params string[] arguments)
    {
        var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, arguments);

        code.ShouldBe(2);
        output.ShouldContain(fault);
    }

    [Fact]
    public async Task Bench_counts_every_delivery_and_finds_nothing_missing()
    {
        await using var server = await TestServer.StartAsync();

        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, ["bench", server.Url.ToString(), "--readers", "20", "--rate", "200", "--duration", "1s"]);

        code.ShouldBe(0, output);
        output.ShouldContain("0 out of order, 0 gaps, 0 missing");
        output.ShouldNotContain("\u001b", Case.Sensitive, "a pipe gets no colours");
    }

    [Fact]
    public async Task Token_is_taken_from_the_environment()
    {
        const string secret = "correct-horse-battery-staple";
        await using var server = await TestServer.StartAsync(0, ConfigurationTests.Tokens(secret, "robot", "all"), secret);
        string[] arguments = ["subscribe", server.Url.ToString(), "--stream", "news", "--since", "earliest", "--count", "1"];
        (await server.PublishAsync("news", "secret news")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var (refused, _) = await ProgramProcess.RunAsync(TestServer.Program, arguments);
        var (code, output) = await ProgramProcess.RunAsync(
            TestServer.Program, arguments, new Dictionary<string, string> { ["AKKASSE_TOKEN"] = secret });

        refused.ShouldBe(1);
        code.ShouldBe(0, output);
        output.ShouldContain("secret news");
    }
}
