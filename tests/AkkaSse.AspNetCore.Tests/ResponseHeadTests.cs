using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests;

public sealed class ResponseHeadTests
{
    [Fact]
    [Trait("parity", "HTTP-01")]
    public async Task Head_of_a_stream_has_exactly_the_documented_fields_and_comes_before_any_event()
    {
        await using var host = await EdgeHost.StartAsync();
        await using var reader = await host.SubscribeAsync("/v1/streams/quiet/events?control=0");
        reader.Head.Status.ShouldBe(200);
        reader.Head.Header("Content-Type").ShouldBe("text/event-stream");
        reader.Head.Header("Cache-Control").ShouldBe("no-cache, no-store, no-transform");
        reader.Head.Header("X-Accel-Buffering").ShouldBe("no");
        reader.Head.Header("Access-Control-Allow-Origin").ShouldBeNull();
        reader.Head.Header("Content-Length").ShouldBeNull();
        (await reader.NextLineAsync()).ShouldBe(":");
    }

    [Fact]
    [Trait("parity", "HTTP-02")]
    public async Task Custom_headers_are_added_and_override_the_hubs_own()
    {
        await using var host = await EdgeHost.StartAsync(edge: o =>
        {
            o.Headers["Cache-Control"] = "no-cache";
            o.Headers["X-Service"] = "news";
            // What Python's requests needs; the default is without, for clients that compare the text (docs/clients.md).
            o.Headers["Content-Type"] = "text/event-stream; charset=utf-8";
        });
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        reader.Head.Header("Cache-Control").ShouldBe("no-cache");
        reader.Head.Header("X-Service").ShouldBe("news");
        reader.Head.Header("Content-Type").ShouldBe("text/event-stream; charset=utf-8");
    }

    [Theory]
    [Trait("parity", "HTTP-11")]
    [InlineData("/v1/streams/a/events")]
    [InlineData("/v1/events?stream=a")]
    public async Task Head_request_gets_the_head_alone_and_no_subscription(string target)
    {
        await using var host = await EdgeHost.StartAsync();
        var head = await host.SendAsync("HEAD", target);
        head.Status.ShouldBe(200);
        head.Header("Content-Type").ShouldBe("text/event-stream");
        host.Edge.Load.Connections.ShouldBe(0);
        host.Edge.Load.Streams.ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "HTTP-12")]
    public async Task Accept_that_excludes_event_streams_is_406_only_where_asked_for()
    {
        await using var strict = await EdgeHost.StartAsync(edge: o => o.DemandAccept = true);
        var refused = await strict.GetAsync("/v1/streams/a/events", "Accept: application/json");
        (refused.Status, refused.Code).ShouldBe((406, "not-acceptable"));
        foreach (var accept in new[] { "text/event-stream", "*/*", "text/*;q=0.1", "application/json, text/event-stream;q=0.5" })
        {
            await using var reader = await strict.SubscribeAsync("/v1/streams/a/events", "Accept: " + accept);
            reader.Head.Status.ShouldBe(200, accept);
        }
        await using var lenient = await EdgeHost.StartAsync();
        await using var other = await lenient.SubscribeAsync("/v1/streams/a/events", "Accept: application/json");
        other.Head.Status.ShouldBe(200);
    }

    [Fact]
    [Trait("parity", "HTTP-05")]
    public async Task Response_that_cannot_stream_is_500()
    {
        await using var host = await EdgeHost.StartAsync(app: app => app.Use((context, next) =>
        {
            context.Features.Set<IHttpResponseBodyFeature>(null!);
            return next(context);
        }));
        (await host.GetAsync("/v1/streams/a/events")).Status.ShouldBe(500);
        host.Edge.Load.Connections.ShouldBe(0);
    }

    [Fact]
    [Trait("parity", "HTTP-13")]
    public async Task Response_compression_leaves_a_stream_alone()
    {
        await using var host = await EdgeHost.StartAsync(
            host: b => b.Services.AddResponseCompression(o => o.MimeTypes = ["text/event-stream"]),
            app: app => app.UseResponseCompression());
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events", "Accept-Encoding: gzip, br");
        reader.Head.Header("Content-Encoding").ShouldBe("identity");
        await reader.NextAsync("hub.open");
        await host.PostAsync("/v1/streams/a/events", "plain");
        (await reader.NextEventAsync()).Data.ShouldBe("plain");
    }

    [Fact]
    [Trait("parity", "HTTP-13")]
    public async Task Stalled_reader_is_ended_by_the_hubs_write_timeout_and_not_by_the_servers_minimum_data_rate()
    {
        var ended = new Endings();
        await using var host = await EdgeHost.StartAsync(
            o =>
            {
                o.WriteTimeout = TimeSpan.FromSeconds(4);
                o.WriteTolerance = 1;
            },
            host: b =>
            {
                b.Services.AddSingleton<IHubObserver>(ended);
                b.Services.Configure<KestrelServerOptions>(
                    o => o.Limits.MinResponseDataRate = new MinDataRate(1_000_000_000, TimeSpan.FromSeconds(1.01)));
            });
        await using var stalled = await RawConnection.OpenAsync(host.Address, receiveBuffer: 4096);
        await stalled.WriteHeadAsync("GET", "/v1/streams/a/events");
        await stalled.ReadHeadAsync();
        var body = new string('x', 1_000_000);
        for (var i = 0; i < 12; i++) (await host.PostAsync("/v1/streams/a/events", body)).Status.ShouldBe(202);
        (await Eventually.Within(ended.First.Task, "the stalled connection to end")).ShouldBe(CloseReason.SlowClient);
    }

    [Fact]
    [Trait("parity", "HTTP-13")]
    public async Task Request_timeouts_do_not_end_a_stream()
    {
        await using var host = await EdgeHost.StartAsync(
            host: b => b.Services.AddRequestTimeouts(o => o.DefaultPolicy = new() { Timeout = TimeSpan.FromMilliseconds(50) }),
            app: app =>
            {
                app.UseRouting();
                app.UseRequestTimeouts();
            });
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events?ping=event");
        await reader.NextAsync("hub.open");
        // A publish every few milliseconds until the request is several timeouts old: it still reads.
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMilliseconds(300))
        {
            await host.PostAsync("/v1/streams/a/events", "x");
            (await reader.NextEventAsync()).Data.ShouldBe("x");
        }
    }

    [Fact]
    [Trait("parity", "HTTP-08")]
    public async Task Middleware_of_the_application_wraps_the_endpoints()
    {
        await using var host = await EdgeHost.StartAsync(app: app => app.Use((context, next) =>
        {
            context.Response.Headers["X-Wrapped"] = "yes";
            return next(context);
        }));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        reader.Head.Header("X-Wrapped").ShouldBe("yes");
    }

    [Fact]
    [Trait("parity", "HTTP-08")]
    [Trait("parity", "HTTP-09")]
    public async Task Reader_that_goes_away_or_resets_is_removed_and_others_go_on()
    {
        await using var host = await EdgeHost.StartAsync();
        var gone = await host.SubscribeAsync("/v1/streams/a/events");
        var reset = await host.SubscribeAsync("/v1/streams/a/events");
        await using var stays = await host.SubscribeAsync("/v1/streams/a/events");
        await Eventually.Until(() => host.Edge.Load.Connections == 3, "three connections");
        await gone.DisposeAsync();
        reset.Connection.Reset();
        await Eventually.Until(() => host.Edge.Load.Connections == 1, "one connection after two have gone");
        await host.PostAsync("/v1/streams/a/events", "x");
        (await stays.NextEventAsync()).Data.ShouldBe("x");
    }

    [Fact]
    [Trait("parity", "HTTP-10")]
    public async Task Removed_stream_ends_its_response_cleanly()
    {
        await using var host = await EdgeHost.StartAsync();
        await host.PostAsync("/v1/streams/a/events", "x");
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        (await host.SendAsync("DELETE", "/v1/streams/a")).Status.ShouldBe(204);
        (await reader.NextAsync("hub.end")).Data.ShouldBe("""{"reason":"removed"}""");
        // Null is the last chunk; a connection that breaks off throws.
        (await reader.NextAsync()).ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "HTTP-15")]
    public async Task Connection_ends_cleanly_at_its_maximum_lifetime()
    {
        await using var host = await EdgeHost.StartAsync(o => o.MaxConnectionLifetime = TimeSpan.FromSeconds(1));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        while (await reader.NextAsync() is not null) { }
        await Eventually.Until(() => host.Edge.Load.Connections == 0, "no connection after the lifetime");
    }

    private sealed class Endings : IHubObserver
    {
        public TaskCompletionSource<CloseReason> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask OnDisconnectedAsync(ClientInfo client, CloseReason reason)
        {
            First.TrySetResult(reason);
            return default;
        }
    }
}
