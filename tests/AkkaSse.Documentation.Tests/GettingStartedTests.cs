using AkkaSse.Client;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Documentation.Tests;

/// <summary>The programs of docs/getting-started.md run as processes and do what the page says.</summary>
[Trait("speed", "slow")]
public sealed class GettingStartedTests
{
    private const string Page = "docs/getting-started.md";

    [Fact]
    public async Task Embedded_hub_publishes_to_its_reader()
    {
        await using var app = await DocumentProgram.ListenAsync(Program("app.MapSseStream(\"/clock\""));
        await using var client = new SseClient(new Uri(app.Url!, "/clock"));
        var subscription = await Eventually.Within(client.OpenAsync(), "the stream at /clock");
        using var http = new HttpClient { BaseAddress = app.Url };
        (await http.PostAsync("/ticks", null)).IsSuccessStatusCode.ShouldBeTrue(app.Output);
        (await Eventually.Within(subscription.Events.ReadAsync().AsTask(), "the tick")).Type.ShouldBe("tick");
    }

    [Fact]
    public async Task Actor_publishes_through_the_hub_of_its_ActorSystem()
    {
        var source = Program("Receive<Published>(answer").Replace("4061", $"{FreePort.Next()}", StringComparison.Ordinal);
        await using var app = await DocumentProgram.ListenAsync(source);
        using var http = new HttpClient { BaseAddress = app.Url };
        // Until the node has joined, the answer is "Unavailable".
        await Eventually.Until(
            async () => await (await http.PostAsync("/orders/7", null)).Content.ReadAsStringAsync() is ['"', >= '0' and <= '9', ..],
            () => $"a position. It wrote:\n{app.Output}");
        await using var client = new SseClient(new Uri(app.Url!, "/v1/streams/orders/events?since=earliest"));
        var subscription = await Eventually.Within(client.OpenAsync(), "the stream of orders");
        var e = await Eventually.Within(subscription.Events.ReadAsync().AsTask(), "the order");
        (e.Type, e.Data).ShouldBe(("created", "7"));
    }

    [Fact]
    public async Task Graph_publishes_and_reads_back()
    {
        await using var program = DocumentProgram.Start(Program("SseHubSink.Publish(hub, \"numbers\")"));
        (await program.ExitAsync()).ShouldBe(0, program.Output);
        // Akka.NET writes a line about its end too.
        program.Output.Split('\n').ShouldContain("55");
    }

    [Fact]
    public async Task Client_reads_what_it_has_published()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var server = Path.Combine(Block.Root, "src", "AkkaSse.Server", "bin", own.Parent!.Name, own.Name, "AkkaSse.Server.dll");
        var (process, url) = await ProgramProcess.ListenAsync(server, ["--urls", "http://127.0.0.1:0", "--warm-up", "0"]);
        await using var _ = process;
        var authority = url.GetLeftPart(UriPartial.Authority);
        var source = Program("new SseHubClient(").Replace("http://localhost:8080", authority, StringComparison.Ordinal);
        await using var program = DocumentProgram.Start(source);
        await Eventually.Until(
            () => program.Output.Contains("headline: Rain tomorrow", StringComparison.Ordinal),
            () => $"the event. The program wrote:\n{program.Output}\nThe server wrote:\n{process.Output}");
    }

    private static string Program(string text) => Compiler.Compose(Block.Find(Page, text));
}
