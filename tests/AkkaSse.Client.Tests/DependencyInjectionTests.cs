using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.Client.Tests;

public sealed class DependencyInjectionTests
{
    [Fact]
    public async Task Registered_client_runs_on_the_applications_http_client_factory_with_its_handlers()
    {
        await using var server = new RawServer(c => c.StreamAsync("data: x\n\n"));
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSseClient("news", o =>
        {
            o.Url = new Uri(server.Url);
            o.Reconnect = Clients.Quick;
        }).AddHttpMessageHandler(() => new Stamp());
        await using var provider = services.BuildServiceProvider();
        await using var client = provider.GetRequiredService<ISseClientFactory>().Create("news");
        (await client.SubscribeAsync().TakeWithin(2)).Count.ShouldBe(2);
        server.Requests.Take(2).ShouldAllBe(r => r.Header("X-Stamp") == "1");
    }

    [Fact]
    public async Task Unknown_name_says_which_call_is_missing()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSseClient("a", o => o.Url = new Uri("http://127.0.0.1/"));
        await using var provider = services.BuildServiceProvider();
        Should.Throw<ArgumentException>(() => provider.GetRequiredService<ISseClientFactory>().Create("b"))
            .Message.ShouldContain("AddSseClient(\"b\"");
    }

    private sealed class Stamp : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("X-Stamp", "1");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
