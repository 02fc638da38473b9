using AkkaSse.Hub;
using AkkaSse.Hub.Tests.Engine;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>Streams that were added to a client come back with it only as long as it may read them.</summary>
[Trait("parity", "TGT-08")]
public sealed class AddedStreamsTests
{
    private const string Member = "X-Role: member", Url = "/v1/events?client=u&stream=a";

    [Fact]
    public async Task Added_stream_comes_back_only_to_who_may_still_read_it()
    {
        await using var host = await StartAsync(new HeldEngine());
        await AddAsync(host);
        (await OpenAsync(host, "X-Role: guest")).ShouldBe(["a", "b"]);
        // Nothing was forgotten of it.
        (await OpenAsync(host, Member)).ShouldBe(["a", "b", "members"]);
    }

    [Fact]
    public async Task Reader_that_waits_is_asked_about_with_its_own_request()
    {
        var engine = new HeldEngine();
        await using var host = await StartAsync(engine);
        await AddAsync(host);
        engine.HeldValues.Shut();
        await using var guest = await host.SubscribeAsync(Url + "&instance=guest", "X-User: u", "X-Role: guest");
        await using var member = await host.SubscribeAsync("/v1/events?client=v&stream=a", "X-User: v", Member);
        // Requests of the same server meanwhile: what a context of the reader's would be used for, were it given back.
        for (var i = 0; i < 20; i++) (await host.GetAsync("/v1/streams", "X-User: w", Member)).Status.ShouldBe(200);
        engine.HeldValues.Open();
        Streams(await guest.NextAsync("hub.open")).ShouldBe(["a", "b"]);
        Streams(await member.NextAsync("hub.open")).ShouldBe(["a"]);
        host.Services.GetRequiredService<IHubAuthorizer>().ShouldBeOfType<Members>().Paths.ShouldAllBe(static p => p == "/v1/events");
    }

    private static async Task AddAsync(EdgeHost host)
    {
        await using var first = await host.SubscribeAsync(Url, "X-User: u", Member);
        await first.NextAsync("hub.open");
        var added = await host.SendAsync(
            "PATCH", "/v1/clients/u/subscriptions", """{"add":["b","members"]}""", "X-User: u", Member);
        added.Status.ShouldBe(200, added.Text);
    }

    private static async Task<IEnumerable<string?>> OpenAsync(EdgeHost host, string role)
    {
        await using var reader = await host.SubscribeAsync(Url, "X-User: u", role);
        return Streams(await reader.NextAsync("hub.open"));
    }

    private static IEnumerable<string?> Streams(RawBlock open) =>
        System.Text.Json.JsonDocument.Parse(open.Data!).RootElement.GetProperty("streams").EnumerateArray()
            .Select(static s => s.GetProperty("stream").GetString()).Where(static s => !s!.StartsWith('$')).Order(StringComparer.Ordinal);

    private static Task<EdgeHost> StartAsync(HeldEngine engine) => EdgeHost.StartAsync(
        build: b => b.UseAuthorizer<Members>().UseEngine(_ => engine),
        host: static b => b.Services.AddAuthentication(TestAuthentication.Scheme_)
            .AddScheme<AuthenticationSchemeOptions, TestAuthentication>(TestAuthentication.Scheme_, null));

    private sealed class Members : IHubAuthorizer
    {
        /// <summary>Paths of the requests that asked for the stream of members, when the answer came.</summary>
        internal System.Collections.Concurrent.ConcurrentQueue<string?> Paths { get; } = new();

        public async ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation)
        {
            if (request.Stream != "members") return HubAccess.Allow;
            await Task.Yield();
            if (HttpMethods.IsGet(request.Context.Request.Method)) Paths.Enqueue(request.Context.Request.Path);
            return request.Principal.IsInRole("member") ? HubAccess.Allow : HubAccess.Forbidden;
        }
    }
}
