using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Hub.Streams;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
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
}
