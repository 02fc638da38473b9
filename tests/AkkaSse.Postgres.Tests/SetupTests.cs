using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Hub.Streams;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.Postgres.Tests;

/// <summary>The engine in an application: <c>AddSseHub().UsePostgres(…)</c>.</summary>
[Collection(SharedServerCollection.Name)]
public sealed class SetupTests(SharedServer shared)
{
    [Fact]
    public async Task Applications_that_name_the_same_database_are_one_hub()
    {
        var connection = shared.Server.ConnectionString(await shared.Server.CreateDatabaseAsync());
        await using var a = await StartAsync("a", connection);
        await using var b = await StartAsync("b", connection);
        var published = await a.Services.GetRequiredService<ISseHub>().PublishAsync("s", new SseEvent { Data = "x" });
        published.Status.ShouldBe(PublishStatus.Accepted, published.Error);
        using var deadline = Eventually.Limit();
        await foreach (var e in b.Services.GetRequiredService<ISseHub>().ListenAsync("s", StartPosition.Earliest, deadline.Token))
        {
            (e.Data, e.LastEventId).ShouldBe(("x", published.Id));
            break;
        }
        using var http = new HttpClient();
        (await http.GetStringAsync(new Uri(new Uri(b.Urls.First()), "/v1/cluster"))).ShouldSatisfyAllConditions(
            c => c.ShouldContain("\"engine\":\"postgres\""), c => c.ShouldContain("\"a\""), c => c.ShouldContain("\"b\""));
    }

    [Fact]
    public void Faults_of_the_options_are_told_where_they_are_written_and_engines_are_chosen_once()
    {
        var builder = new ServiceCollection().AddSseHub();
        Should.Throw<ArgumentException>(() => builder.UsePostgres("Password=s3cret-word;Port=x")).Message.ShouldSatisfyAllConditions(
            m => m.ShouldContain("ConnectionString"), m => m.ShouldNotContain("s3cret"));
        Should.Throw<ArgumentException>(() => builder.UsePostgres(new PostgresOptions { ConnectionString = "Host=db", Lease = TimeSpan.FromSeconds(1), Appenders = 0 }))
            .Message.ShouldSatisfyAllConditions(m => m.ShouldContain("Lease is 1s; 2s to 5m"), m => m.ShouldContain("Appenders is 0; 1 to 16"));
        builder.UsePostgres("Host=db").UseErrorWriter<Silent>().ShouldBeSameAs(builder);
        Should.Throw<InvalidOperationException>(() => builder.UsePostgres("Host=db")).Message.ShouldContain("once");
    }

    private static async Task<WebApplication> StartAsync(string name, string connection)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddSseHub(o => (o.NodeName, o.AutoCreate) = (name, true)).UsePostgres(connection);
        var app = builder.Build();
        app.MapSseHub();
        await app.StartAsync();
        return app;
    }

    private sealed class Silent : IHubErrorWriter
    {
        public Task WriteAsync(HttpContext context, int status, string code, string message) => Task.CompletedTask;
    }
}
