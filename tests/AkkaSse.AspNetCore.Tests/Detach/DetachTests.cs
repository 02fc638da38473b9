using System.Net;
using System.Runtime.CompilerServices;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore.Tests.Detach;

/// <summary>What is particular to connections that outlive their request; everything else is tested in both modes.</summary>
public sealed class DetachTests
{
    [Fact]
    public async Task Request_ends_when_its_stream_begins_and_nothing_of_it_stays_alive()
    {
        var requests = new List<WeakReference>();
        await using var host = await EdgeHost.StartAsync(detach: true, app: app => app.Use(next => context =>
        {
            lock (requests) requests.Add(new WeakReference(context));
            return next(context);
        }));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        reader.Head.Header("Connection").ShouldBeNull("Node's fetch takes a killed server for a proper end when a response says close");
        await reader.NextAsync("hub.open");
        // Kestrel's heartbeat adds and keeps its handlers once a second; a second look after it must find nothing either.
        await Eventually.Until(Collected, "the request's objects to be collected while its stream is open");
        await host.PostAsync("/v1/streams/a/events", "still here");
        (await reader.NextEventAsync()).Data.ShouldBe("still here");

        bool Collected()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            lock (requests) return requests.Count > 0 && !requests[0].IsAlive;
        }
    }

    [Fact]
    public async Task Kept_request_holds_its_objects_so_that_the_test_above_can_fail()
    {
        WeakReference? request = null;
        await using var host = await EdgeHost.StartAsync(detach: false, app: app => app.Use(next => context =>
        {
            request ??= new WeakReference(context);
            return next(context);
        }));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        Collect();
        request!.IsAlive.ShouldBeTrue();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }
    }

    [Fact]
    public async Task Nothing_overtakes_the_head_while_events_pour_in()
    {
        await using var host = await EdgeHost.StartAsync(detach: true);
        using var stop = new CancellationTokenSource();
        var published = 0;
        var flood = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await host.Hub.PublishAsync(
                    "a", new SseEvent { Data = (++published).ToString(System.Globalization.CultureInfo.InvariantCulture) });
                if (published % 64 == 0) await Task.Yield();
            }
        });
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, 100), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) =>
            {
                await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
                reader.Head.Status.ShouldBe(200);
                (await reader.NextAsync()).ShouldNotBeNull().Type.ShouldBe("hub.open");
                var first = int.Parse((await reader.NextEventAsync()).Data!, System.Globalization.CultureInfo.InvariantCulture);
                for (var i = 1; i <= 20; i++)
                    (await reader.NextEventAsync()).Data.ShouldBe((first + i).ToString(System.Globalization.CultureInfo.InvariantCulture));
            });
        }
        finally
        {
            await stop.CancelAsync();
            await flood;
        }
    }

    [Fact]
    public async Task Bytes_behind_the_request_are_not_served_and_do_not_disturb_the_stream()
    {
        await using var host = await EdgeHost.StartAsync(detach: true);
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteAsync(
            "GET /v1/streams/a/events HTTP/1.1\r\nHost: localhost\r\n\r\nGET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n");
        (await connection.ReadHeadAsync()).Header("Content-Type").ShouldBe("text/event-stream");
        await connection.WriteAsync("GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await Eventually.Until(() => host.Edge.Load.Connections == 1, "the stream to be open");
        await host.PostAsync("/v1/streams/a/events", "x");
        (await host.SendAsync("DELETE", "/v1/streams/a")).Status.ShouldBe(204);
        var body = new MemoryStream();
        var buffer = new byte[4096];
        for (int n; (n = await connection.ReadBodyAsync(buffer)) > 0;) body.Write(buffer, 0, n);
        var text = System.Text.Encoding.UTF8.GetString(body.ToArray());
        text.ShouldContain("data: x\n");
        text.ShouldNotContain("HTTP/1.1");
        await Eventually.Until(() => host.Edge.Load.Connections == 0, "the stream to end");
    }

    [Fact]
    public async Task Peer_that_resets_or_closes_between_head_and_stream_leaves_nothing_behind()
    {
        await using var host = await EdgeHost.StartAsync(detach: true);
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            await using var connection = await RawConnection.OpenAsync(host.Address);
            await connection.WriteHeadAsync("GET", "/v1/streams/a/events");
            if (i % 2 == 0) connection.Reset();
        });
        await Eventually.Until(
            () => host.Edge.Load is { Connections: 0, Actors: 0 }, () => $"no connection and no actor; {host.Edge.Load}");
    }

    [Fact]
    public async Task Head_that_cannot_be_written_leaves_no_connection_behind()
    {
        await using var host = await EdgeHost.StartAsync(detach: true, app: app => app.Use(next => context =>
        {
            context.Response.OnStarting(static () => throw new InvalidOperationException("of the test"));
            return next(context);
        }));
        (await host.GetAsync("/v1/streams/a/events")).Status.ShouldBe(500);
        await Eventually.Until(
            () => host.Edge.Load is { Connections: 0, Actors: 0 }, () => $"no connection and no actor; {host.Edge.Load}");
    }

    [Fact]
    public async Task Middleware_that_fails_after_the_endpoint_does_not_end_the_stream_which_is_its_own_by_then()
    {
        await using var host = await EdgeHost.StartAsync(detach: true, app: app => app.Use(next => async context =>
        {
            await next(context);
            if (context.Request.Method == "GET") throw new InvalidOperationException("of the test");
        }));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        await reader.NextAsync("hub.open");
        await host.PostAsync("/v1/streams/a/events", "x");
        (await reader.NextEventAsync()).Data.ShouldBe("x");
        (await host.SendAsync("DELETE", "/v1/streams/a")).Status.ShouldBe(204);
        await reader.NextAsync("hub.end");
        (await reader.NextAsync()).ShouldBeNull();
        await Eventually.Until(
            () => host.Edge.Load is { Connections: 0, Actors: 0 }, () => $"no connection and no actor; {host.Edge.Load}");
    }

    [Fact]
    public async Task Response_body_of_a_middleware_keeps_the_request()
    {
        await using var host = await EdgeHost.StartAsync(detach: true, app: app => app.Use(next => async context =>
        {
            var body = context.Features.Get<IHttpResponseBodyFeature>()!;
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body.Stream, body));
            await next(context);
        }));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        reader.Head.Header("Connection").ShouldBeNull();
        await reader.NextAsync("hub.open");
    }

    [Fact]
    public async Task Connection_middleware_behind_the_gate_keeps_the_request()
    {
        await using var host = await EdgeHost.StartAsync(
            detach: false, host: b => b.Services.Configure<KestrelServerOptions>(o => o.ConfigureEndpointDefaults(endpoint =>
        {
            endpoint.UseSseConnectionDetach();
            endpoint.Use(next => connection =>
            {
                connection.Transport = new Around(connection.Transport);
                return next(connection);
            });
        })));
        await using var reader = await host.SubscribeAsync("/v1/streams/a/events");
        reader.Head.Header("Connection").ShouldBeNull();
        await reader.NextAsync("hub.open");
    }

    [Fact]
    public async Task Http2_keeps_the_request()
    {
        await using var host = await EdgeHost.StartAsync(
            detach: false, host: b => b.Services.Configure<KestrelServerOptions>(o => o.ConfigureEndpointDefaults(endpoint =>
        {
            endpoint.UseSseConnectionDetach();
            endpoint.Protocols = HttpProtocols.Http2;
        })));
        using var client = new HttpClient
        {
            BaseAddress = host.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Eventually.Deadline,
        };
        using var stream = await client.GetAsync("/v1/streams/a/events", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());
        using var deadline = Eventually.Limit();
        while (await reader.ReadLineAsync(deadline.Token) != "event: hub.open") { }
        using var published = await client.PostAsync("/v1/streams/a/events", new StringContent("x"));
        while (await reader.ReadLineAsync(deadline.Token) != "data: x") { }
    }

    [Fact]
    public async Task Request_whose_head_does_not_come_is_ended_by_the_servers_own_timeout()
    {
        await using var host = await EdgeHost.StartAsync(detach: true, host: b => b.Services.Configure<KestrelServerOptions>(
            o => o.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(1)));
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteAsync("GET /v1/streams/a/events HTTP/1.1\r\nHost: loc");
        (await connection.ReadHeadAsync()).Status.ShouldBe(408);
    }

    [Fact]
    public void Readers_share_the_texts_that_they_have_in_common()
    {
        static string Copy() => new("/v1/streams/a/events".AsSpan());
        StringPool.Targets.Of(Copy()).ShouldBeSameAs(StringPool.Targets.Of(Copy()));
        foreach (var i in Enumerable.Range(0, 10_000)) StringPool.Targets.Of($"{i}").ShouldBe($"{i}");
        var large = new string('x', 257);
        StringPool.Targets.Of(new string('x', 257)).ShouldNotBeSameAs(StringPool.Targets.Of(large));
    }

    [Fact]
    public async Task Http_1_0_gets_no_chunks()
    {
        await using var host = await EdgeHost.StartAsync(detach: true);
        await using var connection = await RawConnection.OpenAsync(host.Address);
        await connection.WriteAsync("GET /v1/streams/a/events HTTP/1.0\r\nHost: localhost\r\n\r\n");
        var head = await connection.ReadHeadAsync();
        head.Header("Transfer-Encoding").ShouldBeNull();
        var first = new byte[2];
        (await connection.ReadBodyAsync(first)).ShouldBe(2);
        System.Text.Encoding.ASCII.GetString(first).ShouldBe(":\n");
    }

    private sealed class Around(System.IO.Pipelines.IDuplexPipe inner) : System.IO.Pipelines.IDuplexPipe
    {
        public System.IO.Pipelines.PipeReader Input => inner.Input;

        public System.IO.Pipelines.PipeWriter Output => inner.Output;
    }
}
