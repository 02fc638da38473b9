using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>Zones where things go wrong or fast.</summary>
public sealed class ZoneTests
{
    [Fact]
    [Trait("parity", "ZON-06")]
    public async Task Targets_that_do_not_exist_are_said_and_never_silently_accepted()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/events?client=c&zone=z");
        await reader.NextAsync("hub.open");
        (await host.PostAsync("/v1/zones/z/clients/nobody/events", "x")).Code.ShouldBe("client-not-connected");
        (await host.PostAsync("/v1/publish", "x")).Code.ShouldBe("parameter-invalid");
        (await host.PostAsync("/v1/publish?broadcast=0", "x")).Code.ShouldBe("parameter-invalid");
        // Without a zone all zones are searched.
        (await host.PostAsync("/v1/clients/c/events", "found")).Json.GetProperty("zone").GetString().ShouldBe("z");
        (await reader.NextEventAsync()).Data.ShouldBe("found");
    }

    [Fact]
    [Trait("parity", "ZON-10")]
    [Trait("parity", "OBS-03")]
    public async Task Welcome_sent_while_connecting_comes_before_every_other_event()
    {
        await using var host = await EdgeHost.StartAsync(host: b => b.Services.AddSingleton<IHubObserver>(new Welcoming()));
        await host.PostAsync("/v1/streams/s/events", "old");
        await using var reader = await host.SubscribeAsync("/v1/events?client=c&zone=z&stream=s&since=earliest");
        var welcome = await reader.NextEventAsync();
        (welcome.Type, welcome.Data).ShouldBe(("ping", "z->c Connection Successful!"));
        welcome.Id.ShouldNotBeNull("the reader's position, so that no client loses it here");
        (await reader.NextEventAsync()).Data.ShouldBe("old");
    }

    [Fact]
    [Trait("parity", "ZON-08")]
    [Trait("parity", "PUB-05")]
    public async Task Client_that_does_not_read_fills_its_inbox_and_others_are_not_delayed()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var stalled = await RawConnection.OpenAsync(host.Address, receiveBuffer: 4096);
        await stalled.WriteHeadAsync("GET", "/v1/events?client=stalled");
        await stalled.ReadHeadAsync();
        await using var healthy = await host.SubscribeAsync("/v1/events?client=healthy");
        await healthy.NextAsync("hub.open");
        var body = new string('x', 500_000);
        RawResponse answer;
        var sent = 0;
        do
        {
            answer = await host.PostAsync("/v1/clients/stalled/events", body);
            sent++;
        }
        while (answer.Status == 202 && sent < 200);
        // Full while it is held, gone once the write timeout has ended it.
        answer.Code.ShouldBeOneOf("client-full", "client-not-connected");
        (await host.PostAsync("/v1/clients/healthy/events", "fine")).Status.ShouldBe(202);
        (await healthy.NextEventAsync()).Data.ShouldBe("fine");
    }

    [Fact]
    [Trait("parity", "ZON-11")]
    public async Task Connections_that_break_off_at_once_during_broadcasts_leave_nothing_behind()
    {
        await using var host = await EdgeHost.StartAsync();
        using var stop = new CancellationTokenSource();
        var broadcasts = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) (await host.Hub.BroadcastAsync(new SseEvent { Data = "x" })).IsAccepted.ShouldBeTrue();
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async lane =>
        {
            for (var i = 0; i < 100; i++)
            {
                await using var connection = await RawConnection.OpenAsync(host.Address);
                await connection.WriteHeadAsync("GET", $"/v1/events?zone=z{lane}");
                if (i % 2 == 0) await connection.ReadHeadAsync();
                connection.Reset();
            }
        }));
        await stop.CancelAsync();
        await Eventually.Within(broadcasts, "the broadcasts to end");
        await Eventually.Until(() => host.Edge.Load.Connections == 0, "every connection to be gone");
        await using var reader = await host.SubscribeAsync("/v1/events?zone=z");
        await reader.NextAsync("hub.open");
        await host.PostAsync("/v1/broadcast", "after");
        (await reader.NextAsync(b => b.Data == "after", "the broadcast after the churn")).ShouldNotBeNull();
    }

    private sealed class Welcoming : IHubObserver
    {
        public async ValueTask OnConnectedAsync(ClientInfo client, ISseHub hub, CancellationToken cancellation) =>
            await hub.SendToAsync(client.Id, new SseEvent { Type = "ping", Data = $"{client.Zone}->{client.Id} Connection Successful!" },
                client.Zone, cancellation);
    }
}
