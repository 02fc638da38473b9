using System.Collections.Concurrent;
using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>An application takes note of calls with an object of its own.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task Application_takes_note_of_calls_and_connections()
    {
        await using var host = await StartAsync();
        var notes = host.Services.GetRequiredService<IHubAudit>().ShouldBeOfType<Notes>();
        (await host.PostAsync("/v1/streams/news/events", "x")).Status.ShouldBe(202);
        await using (var reader = await host.SubscribeAsync("/v1/events?stream=news&client=ann&zone=lobby&zone=bar"))
            await reader.NextAsync("hub.open");
        (await host.PostAsync("/v1/streams/missing/events?ttl=never", "x")).Status.ShouldBe(400);
        (await host.SendAsync("DELETE", "/v1/clients/nobody")).Status.ShouldBe(404);
        (await host.PostAsync("/broadcast", "to all")).Status.ShouldBe(200);
        (await host.PostAsync("/own", "x")).Status.ShouldBe(200);
        // What only shows is no entry.
        (await host.GetAsync("/v1/streams")).Status.ShouldBe(200);
        await Eventually.Until(() => notes.All.Any(static e => e.Kind == HubAuditKind.End), "the end of the connection");

        notes.All.Select(static e => e.Kind == HubAuditKind.End
                ? $"end {e.Client} {e.Zone} {e.ListenZones[0]} {e.Reason}"
                : $"{e.Kind} {e.Call} {e.Client} {e.Zone} {string.Join(',', e.Streams)} {e.Broadcast} {e.Status} {e.Code} {e.Count}")
            .Order(StringComparer.Ordinal).ShouldBe(new[]
            {
                "Connect GET /v1/events ann lobby news False 200  ",
                "Disconnect DELETE /v1/clients/{client} nobody   False 404 client-not-connected ",
                "Manage POST /own    False 200  ",
                "Publish POST /broadcast    True 200  1",
                "Publish POST /v1/streams/{stream}/events    False 400 parameter-invalid ",
                "Publish POST /v1/streams/{stream}/events   news False 202  1",
                $"end ann lobby bar {CloseReason.ClientGone}",
            }.Order(StringComparer.Ordinal));
        notes.All.ShouldAllBe(static e => e.Remote == "127.0.0.1" && e.Subject == null && e.Credential == null);
    }

    [Fact]
    public async Task Nothing_is_made_of_kinds_that_are_off()
    {
        await using var host = await StartAsync();
        var notes = (Notes)host.Services.GetRequiredService<IHubAudit>();
        notes.Off = HubAuditKind.Publish;
        (await host.PostAsync("/v1/streams/news/events", "x")).Status.ShouldBe(202);
        (await host.SendAsync("PUT", "/v1/streams/made", "{}")).Status.ShouldBe(201);

        notes.All.ShouldHaveSingleItem().Kind.ShouldBe(HubAuditKind.Manage);
    }

    [Fact]
    public async Task Items_of_a_batch_that_a_limit_refuses_are_entries_in_their_places()
    {
        await using var host = await EdgeHost.StartAsync(build: static b => b.UseAudit<Notes>().UseQuota<OneEvent>());
        var notes = (Notes)host.Services.GetRequiredService<IHubAudit>();
        await host.PostAsync("/v1/batch", """
            {"stream":"a","data":"1"}
            {"stream":"b","dato":"2"}
            {"stream":"c","data":"3"}
            {"stream":"d","data":"4"}
            """);

        notes.All.Select(static e => $"{string.Join(',', e.Streams)} {e.Status} {e.Code} {e.Count}")
            .ShouldBe(["a 202  1", "b 400 body-invalid 1", "c 429 limit-reached 1", "d 429 limit-reached 1"]);
    }

    [Fact]
    public async Task Refused_items_beyond_16_targets_of_a_batch_are_one_entry_without_names()
    {
        await using var host = await EdgeHost.StartAsync(build: static b => b.UseAudit<Notes>().UseQuota<OneEvent>());
        var notes = (Notes)host.Services.GetRequiredService<IHubAudit>();
        await host.PostAsync("/v1/batch", string.Concat(Enumerable.Range(0, 40).Select(static i => $$"""{"stream":"s{{i}}","data":"1"}""")));

        notes.All.Count(static e => e is { Status: 202, Count: 1 }).ShouldBe(1);
        notes.All.Where(static e => e.Status == 429).Select(static e => (e.Streams.Count, e.Count))
            .ShouldBe([.. Enumerable.Repeat((1, (int?)1), 16), (0, 23)]);
    }

    [Fact]
    public async Task Audit_of_the_hub_is_for_nobody_where_nobody_gives_grants()
    {
        await using var host = await EdgeHost.StartAsync();
        (await host.Edge.CreateAuditAsync(new StreamOptions(), CancellationToken.None)).Status.ShouldBe(CreateStreamStatus.Created);
        (await host.Edge.AppendToAuditAsync([new() { Data = "entry" }], CancellationToken.None)).ShouldBe(1);

        string[] targets =
            ["/v1/streams/$audit/events", "/v1/events?stream=$audit", "/v1/streams/$audit/history", "/v1/streams/$audit"];
        foreach (var target in targets)
            (await host.GetAsync(target)).Status.ShouldBe(403, target);
        (await host.GetAsync("/v1/streams")).Text.ShouldNotContain("audit");
        (await host.Hub.PublishAsync("$audit", new() { Data = "forged" })).Status.ShouldBe(PublishStatus.Invalid);
        (await host.Hub.Streams.RemoveAsync("$audit")).TryGet(out var removed).ShouldBeTrue();
        removed.ShouldBeFalse();
        // The process itself may read it.
        (await host.Hub.Streams.ReadAsync("$audit")).Events.ShouldHaveSingleItem().Event.Data.ShouldBe("entry");
    }

    private static Task<EdgeHost> StartAsync() => EdgeHost.StartAsync(
        build: static b => b.UseAudit<Notes>(),
        app: static app =>
        {
            app.MapSseCompatibilityEndpoints();
            app.MapPost("/own", static (HttpContext context) => context.Response.CompleteAsync()).WithSseHubAudit(HubAuditKind.Manage);
        });

    private sealed class OneEvent : IHubQuota
    {
        private int _taken;

        public HubQuotaAnswer AcquirePublish(in HubAccessRequest request, int events, long bytes) =>
            Interlocked.Increment(ref _taken) == 1
                ? HubQuotaAnswer.Allowed
                : HubQuotaAnswer.Refused("One event is allowed.", TimeSpan.FromSeconds(1));

        public HubQuotaAnswer AcquireConnect(HttpContext context, SubscribeRequest request) => HubQuotaAnswer.Allowed;
    }

    private sealed class Notes : IHubAudit
    {
        private readonly ConcurrentQueue<HubAuditEntry> _all = new();

        public HubAuditKind? Off { get; set; }

        public HubAuditEntry[] All => [.. _all];

        public bool IsOn(HubAuditKind kind) => kind != Off;

        public void Record(HubAuditEntry entry) => _all.Enqueue(entry);
    }
}
