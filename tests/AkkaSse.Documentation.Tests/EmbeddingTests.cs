using System.Net;
using System.Text;
using AkkaSse.Client;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Documentation.Tests;

/// <summary>The documents' programs for an application of one's own are run as processes, and answer over HTTP.</summary>
[Trait("speed", "slow")]
public sealed class EmbeddingTests
{
    private static readonly string s_program = Compiler.Compose(Block.Find("README.md", "app.MapSseStream(\"/news\""));

    [Fact]
    public Task Program_of_the_readme_publishes_and_is_read() => ShouldPublishAsync(s_program);

    [Fact]
    public Task It_does_so_as_a_node_of_a_cluster()
    {
        var port = FreePort.Next();
        return ShouldPublishAsync(WithHub(
            Block.Find("README.md", ".UseAkkaCluster(").Text, ("o.Host =", $"o.Port = {port}; o.Host ="),
            ("10.0.0.1:4053", $"127.0.0.1:{port}"), ("10.0.0.", "127.0.0.")));
    }

    [PostgresFact]
    public async Task It_does_so_on_a_database()
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var database = await postgres.CreateDatabaseAsync();
        await ShouldPublishAsync(
            WithHub(Block.Find("README.md", ".UsePostgres(")
            .Text, ("Host=db;Username=hub;Password=…;Database=hub", postgres.ConnectionString(database))));
    }

    [Fact]
    public async Task Program_with_edges_for_older_clients_keeps_to_its_policies()
    {
        await using var app = await DocumentProgram.ListenAsync(
            Compiler.Compose(Block.Find("docs/compatibility.md", "MapSseCompatibilityEndpoints")));
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = app.Url };
        using var native = await http.PostAsync("/v1/streams/news/events", new StringContent("hello"));
        native.IsSuccessStatusCode.ShouldBeTrue();
        using var refused = await http.GetAsync("/events?stream=news");
        refused.StatusCode.ShouldBeOneOf(HttpStatusCode.Redirect, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Program_in_an_ActorSystem_of_its_own_publishes()
    {
        var source = Compiler.Compose(Block.Find("docs/akka.md", ".WithSseHub(")).Replace("10.0.0.1", "127.0.0.1", StringComparison.Ordinal)
            .Replace("4053", $"{FreePort.Next()}", StringComparison.Ordinal);
        await using var app = await DocumentProgram.ListenAsync(source);
        using var http = new HttpClient { BaseAddress = app.Url };
        await Eventually.Until(
            async () => (await http.PostAsync("/v1/streams/news/events", new StringContent("hello"))).IsSuccessStatusCode,
            () => $"a publish. It wrote:\n{app.Output}");
    }

    private static string WithHub(string hub, params (string From, string To)[] places)
    {
        foreach (var (from, to) in places) hub = hub.Replace(from, to, StringComparison.Ordinal);
        return string.Join('\n', s_program.Split('\n').Select(l => l.StartsWith("builder.Services.AddSseHub(", StringComparison.Ordinal)
            ? hub
            : l));
    }

    private static async Task ShouldPublishAsync(string source)
    {
        await using var app = await DocumentProgram.ListenAsync(source);
        await using var client = new SseClient(new Uri(app.Url!, "/news"));
        var subscription = await Eventually.Within(client.OpenAsync(), "the stream at /news");
        using var http = new HttpClient { BaseAddress = app.Url };
        // An engine may still be starting: then the reader has its head, and begins when hub.open says so.
        var accepted = 0;
        await Eventually.Until(
            async () =>
            {
                using var answer = await http.PostAsync(
                    "/articles", new StringContent("""{"title":"Rain tomorrow"}""", Encoding.UTF8, "application/json"));
                if (answer.StatusCode == HttpStatusCode.Accepted) accepted++;
                return subscription.Events.TryPeek(out _);
            },
            () => $"an event of {accepted} articles. It wrote:\n{app.Output}");
        var e = await Eventually.Within(subscription.Events.ReadAsync().AsTask(), "the event");
        (e.Type, e.Data).ShouldBe(("headline", "Rain tomorrow"));
    }

    private sealed class PostgresFactAttribute : FactAttribute
    {
        public PostgresFactAttribute() => Skip = PostgresServer.Programs is null ? "PostgreSQL is missing" : null!;
    }
}
