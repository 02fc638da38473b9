using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaSse.Cluster.Actors;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Tests;

/// <summary>
/// The hub inside ActorSystems of applications: real hosts, Kestrel and remoting, with actors and a shard region of the application beside
/// it.
/// </summary>
[Trait("speed", "slow")]
public sealed class GuestTests : IAsyncLifetime
{
    private readonly List<WebApplication> _applications = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var application in Enumerable.Reverse(_applications)) await application.DisposeAsync();
    }

    [Fact]
    public async Task Two_applications_are_one_hub_and_their_own_messages_and_shards_go_on_beside_it()
    {
        var first = await StartAsync("a");
        var second = await StartAsync("b", first);

        using var http = new HttpClient();
        using var reading = await http.GetAsync(
            new Uri(UrlOf(second), "/v1/streams/news/events?since=earliest"), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await reading.Content.ReadAsStreamAsync());
        (await first.Services.GetRequiredService<ISseHub>().PublishAsync(
            "news", new SseEvent { Data = "hello" })).Status.ShouldBe(PublishStatus.Accepted);
        await Eventually.Within(UntilAsync(lines, "data: hello"), "the event on the other node");

        // A remote message of the application, written by the serializer it has without the hub.
        var there = Akka.Cluster.Cluster.Get(SystemOf(second)).SelfAddress;
        var echo = await SystemOf(first).ActorSelection(new RootActorPath(there) / "user" / "echo").ResolveOne(Eventually.Deadline);
        echo.Path.Address.ShouldBe(there);
        (await echo.Ask<Greeting>(new Greeting("Ada", [1, 2]), Eventually.Deadline)).Numbers.ShouldBe([1, 2]);

        // Entities of the application's region, on both nodes.
        var region = first.Services.GetRequiredService<IRequiredActor<Counter>>().ActorRef;
        var places = new HashSet<Address>();
        await Eventually.Until(
            async () =>
            {
                for (var i = 0; i < 20; i++)
                {
                    // Sharding delivers at most once: a message to a shard that moves meanwhile may be gone.
                    var asked = region.Ask<Counted>(new Count($"c{i}"), TimeSpan.FromSeconds(1));
                    if (await asked.ContinueWith(
                        static t => t.IsCompletedSuccessfully ? t.Result.At : null, TaskScheduler.Default) is { } at)
                        places.Add(at);
                }
                return places.Count == 2;
            },
            "entities of the application on both nodes");
    }

    [Fact]
    public async Task Member_without_the_hub_neither_counts_nor_is_waited_for()
    {
        var first = await StartAsync("a");
        await StartAsync("stranger", first, withHub: false);
        var second = await StartAsync("b", first);

        (await second.Services.GetRequiredService<ISseHub>().PublishAsync(
            "s", new SseEvent { Data = "1" })).Status.ShouldBe(PublishStatus.Accepted);
        (await second.Services.GetRequiredService<IHubEdge>().NodesAsync(default)).Select(static n => n.Name).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Application_that_stops_hands_over_what_its_hub_holds()
    {
        var first = await StartAsync("a");
        var second = await StartAsync("b", first);
        var hub = first.Services.GetRequiredService<ISseHub>();
        for (var i = 0; i < 20; i++)
            (await hub.PublishAsync($"s{i}", new SseEvent { Data = "kept" })).Status.ShouldBe(PublishStatus.Accepted);

        await first.StopAsync();

        var left = second.Services.GetRequiredService<ISseHub>();
        for (var i = 0; i < 20; i++)
        {
            await Eventually.Until(
                async () => (await left.Streams.ReadAsync($"s{i}")) is { State: HistoryState.Complete, Events: [{ Event.Data: "kept" }] },
                $"the event of s{i} on the node that is left");
            var next = await left.PublishAsync($"s{i}", new SseEvent { Data = "next" });
            (next.Status, next.Position.Offset).ShouldBe((PublishStatus.Accepted, 2));
        }
    }

    [Fact]
    public async Task Hub_that_is_disposed_leaves_the_ActorSystem_running_and_only_what_answers_for_the_member_in_it()
    {
        var first = await StartAsync("a");
        var system = SystemOf(first);
        var hub = first.Services.GetRequiredService<SseHub>();
        (await hub.PublishAsync("s", new SseEvent { Data = "1" })).Status.ShouldBe(PublishStatus.Accepted);

        await hub.DisposeAsync();

        system.WhenTerminated.IsCompleted.ShouldBeFalse();
        (await system.ActorSelection("/user/echo").Ask<Greeting>(new Greeting("x", []), Eventually.Deadline)).Name.ShouldBe("x");
        foreach (var path in new[] { "/system/sharding/akkasse-streams", "/system/sharding/akkasse-clients",
            "/system/sharding/akkasse-values", "/user/akkasse-stream-*" })
            await Eventually.Until(async () => !await IsThereAsync(system, path), $"{path} to have ended");
    }

    [Fact]
    public async Task Member_whose_hub_has_ended_holds_up_neither_nodes_that_join_nor_streams_that_begin()
    {
        var first = await StartAsync("a");
        var second = await StartAsync("b", first);
        await first.Services.GetRequiredService<SseHub>().DisposeAsync();

        var third = await StartAsync("c", second);

        var hub = third.Services.GetRequiredService<ISseHub>();
        for (var i = 0; i < 20; i++)
            await Eventually.Until(
                async () => (await hub.PublishAsync($"s{i}", new SseEvent { Data = "1" })).IsAccepted, $"a publish to s{i}");
        foreach (var application in new[] { second, third })
        {
            var edge = application.Services.GetRequiredService<IHubEdge>();
            await Eventually.Until(
                async () => (await edge.NodesAsync(default)).Select(static n => (n.Name, n.State)).SequenceEqual(
                [("a", "draining"), ("b", "up"), ("c", "up")]),
                "the nodes to know that the first one drains and the others are up");
        }
    }

    [Fact]
    public async Task ActorSystem_that_ends_takes_the_hub_down_and_the_host_stops()
    {
        var first = await StartAsync("a");
        var stopping = new TaskCompletionSource();
        first.Lifetime.ApplicationStopping.Register(stopping.SetResult);
        var edge = first.Services.GetRequiredService<IHubEdge>();

        await SystemOf(first).Terminate();

        await Eventually.Within(stopping.Task, "the host to stop");
        edge.EngineState.ShouldBe(EngineState.Down);
        (await first.Services.GetRequiredService<ISseHub>().PublishAsync("s", new SseEvent { Data = "1" })).IsAccepted.ShouldBeFalse();
    }

    [Fact]
    public async Task Second_node_of_a_name_is_not_ready_until_the_first_has_left()
    {
        var first = await StartAsync("a");
        await StartAsync("b", first);
        var late = Build("a", first);
        await late.StartAsync();
        var edge = late.Services.GetRequiredService<IHubEdge>();
        await Eventually.Until(() => Akka.Cluster.Cluster.Get(SystemOf(late)).SelfMember.Status == Akka.Cluster.MemberStatus.Up,
            "the late node to be a member");
        edge.EngineState.ShouldNotBe(EngineState.Ready);

        await first.StopAsync();

        await Eventually.Until(() => edge.EngineState == EngineState.Ready, () => $"the late node to be ready; it is {edge.EngineState}");
    }

    [Fact]
    public async Task Message_to_the_hub_actor_of_another_node_is_refused_and_publishes_nothing()
    {
        var first = await StartAsync("a");
        var second = await StartAsync("b", first);
        var system = SystemOf(first);
        var event1 = new SseEvent { Data = "1" };
        foreach (var message in new object[] { new Publish("s", event1), new SendTo("c", event1), new BroadcastToZone("z", event1),
            new Broadcast(event1), new Subscribe(ActorRefs.Nobody, ["s"]), new Acknowledge(), Unsubscribe.Instance })
            Should.Throw<SerializationException>(() => system.Serialization.FindSerializerFor(message).ToBinary(message)).Message
                .ShouldContain("stays in its process and was not sent; tell it to the hub actor of this node");

        var there = new RootActorPath(Akka.Cluster.Cluster.Get(SystemOf(second)).SelfAddress) / "user";
        var asked = system.ActorSelection(there / "akkasse-hub").Ask<Published>(new Publish("s", event1), Eventually.Deadline);
        // What was told to the same node after it has arrived.
        await system.ActorSelection(there / "echo").Ask<Greeting>(new Greeting("x", []), Eventually.Deadline);
        asked.IsCompletedSuccessfully.ShouldBeFalse();
        (await second.Services.GetRequiredService<ISseHub>().Streams.GetAsync("s")).OrThrow().ShouldBeNull();
        var own = first.Services.GetRequiredService<IRequiredActor<SseHubActor>>().ActorRef;
        var echo = await system.ActorSelection(there / "echo").ResolveOne(Eventually.Deadline);
        (await own.Ask<SubscribeFailed>(new Subscribe(echo, ["s"]), Eventually.Deadline)).Error.ShouldContain("is in another process");
    }

    [Fact]
    public async Task Node_without_a_successor_refuses_publishes_as_soon_as_it_leaves()
    {
        var first = await StartAsync("a");
        var hub = first.Services.GetRequiredService<SseHub>();
        await Eventually.Until(async () => (await hub.PublishAsync("s", new SseEvent { Data = "1" })).IsAccepted, "a publish");

        // Into new streams: some of them wait for an owner when the node begins to leave.
        var publishers = Enumerable.Range(0, 8).Select(i => Task.Run(() => PublishUntilRefusedAsync(i))).ToArray();

        await Eventually.Within(hub.DrainAsync(), "the end of the drain");
        foreach (var refused in await Eventually.Within(Task.WhenAll(publishers), "all publishers to be refused"))
        {
            // Where there is nothing to wait for, the hub has ended before the next publish.
            if (refused.Status == PublishStatus.Closed) continue;
            refused.Status.ShouldBe(PublishStatus.Unavailable, refused.Error);
            refused.Error!.ShouldContain("no node stays that could keep the event; nothing was appended");
        }

        async Task<PublishResult> PublishUntilRefusedAsync(int publisher)
        {
            for (var n = 0; ; n++)
            {
                if (await hub.PublishAsync($"s{publisher}-{n}", new SseEvent { Data = "2" }) is { IsAccepted: false } refused) return refused;
            }
        }
    }

    [Fact]
    public async Task Port_of_another_application_is_refused()
    {
        var first = await StartAsync("a");
        var second = Build("b", first, port: Akka.Cluster.Cluster.Get(SystemOf(first)).SelfAddress.Port!.Value);
        (await Should.ThrowAsync<Exception>(second.StartAsync())).ToString().ShouldContain("ddress already in use");
    }

    [Fact]
    public async Task Node_with_another_number_of_shards_takes_none_and_is_down_and_the_others_go_on()
    {
        var first = await StartAsync("a");
        var hub = first.Services.GetRequiredService<ISseHub>();
        await Eventually.Until(async () => (await hub.PublishAsync("before", new SseEvent { Data = "1" })).IsAccepted, "a publish");
        var second = Build("b", first, hub: static o => o.Shards = 50);
        await second.StartAsync();
        var edge = second.Services.GetRequiredService<IHubEdge>();

        await Eventually.Until(() => edge.EngineState == EngineState.Down, () => $"the hub to be down; it is {edge.EngineState}");

        foreach (var path in new[] { "streams", "clients", "values" })
            await Eventually.Until(
                async () => !await IsThereAsync(SystemOf(second), "/system/sharding/akkasse-" + path),
                $"its region of {path} to have ended");
        for (var i = 0; i < 20; i++)
            await Eventually.Until(
                async () => (await hub.PublishAsync($"s{i}", new SseEvent { Data = "1" })).IsAccepted, $"a publish to s{i}");
        first.Services.GetRequiredService<IHubEdge>().EngineState.ShouldBe(EngineState.Ready);
        SystemOf(second).WhenTerminated.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void What_is_missing_is_said_in_a_sentence()
    {
        Faulty(static (_, hub) => hub.UseActorSystem()).ShouldContain("UseActorSystem needs an ActorSystem; call services.AddAkka");
        Faulty(static (services, hub) =>
        {
            hub.UseActorSystem();
            services.AddAkka("app", static akka => akka.WithRemoting("127.0.0.1", 0).WithClustering());
        }).ShouldContain("call WithSseHub in AddAkka, after WithRemoting and WithClustering");
        Faulty(static (services, hub) =>
        {
            hub.UseActorSystem();
            services.AddAkka("app", static akka => akka.WithSseHub());
        }).ShouldContain("call WithRemoting and WithClustering");
        Faulty(static (services, hub) =>
        {
            hub.UseActorSystem();
            services.AddAkka("app", static akka => akka.WithSseHub().WithRemoting("127.0.0.1", 0).WithClustering(
                new ClusterOptions { Roles = ["web"] }));
        }).ShouldContain("lacks the role akkasse-stream and akkasse-edge");
        Faulty(static (services, hub) =>
        {
            hub.UseActorSystem();
            services.AddAkka("app", static akka => akka.WithRemoting("127.0.0.1", 0).WithClustering()
                .WithSseHub(static o => o.Backups = 9));
        }).ShouldContain("Backups is 9; 0 to 6 are allowed.");
        Faulty(static (services, _) => services.AddAkka("app", static akka => akka.WithRemoting("127.0.0.1", 0).WithClustering()
            .WithSseHub())).ShouldContain("call services.AddSseHub().UseActorSystem() too");
        Faulty(static (services, hub) =>
        {
            hub.UseActorSystem();
            services.AddAkka("app", static akka => akka.WithRemoting("127.0.0.1", 0).WithClustering().AddHocon(
                "akka.remote.dot-netty.tcp.maximum-frame-size = 300000b", HoconAddMode.Prepend).WithSseHub());
        }).ShouldContain("akka.remote.dot-netty.tcp.maximum-frame-size");
    }

    private static string Faulty(Action<IServiceCollection, ISseHubBuilder> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        configure(builder.Services, builder.Services.AddSseHub());
        var application = builder.Build();
        try
        {
            application.Start();
        }
        catch (Exception e)
        {
            return e.GetBaseException().Message;
        }
        finally
        {
            ((IDisposable)application).Dispose();
        }
        return "It started.";
    }

    private static Uri UrlOf(WebApplication application) =>
        new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    private static ActorSystem SystemOf(WebApplication application) => application.Services.GetRequiredService<ActorSystem>();

    private static async Task UntilAsync(StreamReader lines, string wanted)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line == wanted) return;
        }
        throw new EndOfStreamException($"The stream ended without '{wanted}'.");
    }

    private static async Task<bool> IsThereAsync(ActorSystem system, string path)
    {
        var identity = await system.ActorSelection(path).Ask<ActorIdentity>(new Identify(1), Eventually.Deadline);
        return identity.Subject is not null;
    }

    private async Task<WebApplication> StartAsync(string name, WebApplication? seed = null, bool withHub = true)
    {
        var application = Build(name, seed, withHub);
        await application.StartAsync();
        if (withHub)
        {
            var edge = application.Services.GetRequiredService<IHubEdge>();
            await Eventually.Until(
                () => edge.EngineState == EngineState.Ready, () => $"the hub of {name} to be ready; it is {edge.EngineState}");
        }
        else
        {
            await Eventually.Until(() => Akka.Cluster.Cluster.Get(SystemOf(application)).SelfMember.Status == Akka.Cluster.MemberStatus.Up,
                $"{name} to be a member");
        }
        return application;
    }

    private WebApplication Build(
        string name, WebApplication? seed, bool withHub = true, int port = 0, Action<AkkaEngineOptions>? hub = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        if (withHub)
            builder.Services.AddSseHub(hub => (hub.NodeName, hub.AutoCreate, hub.DrainWindow) = (name, true, TimeSpan.Zero))
                .UseActorSystem();
        builder.Services.AddAkka("app", (akka, _) =>
        {
            akka.AddHocon("akka.loglevel = WARNING", HoconAddMode.Prepend);
            akka.WithRemoting("127.0.0.1", port).WithClustering(new ClusterOptions { Roles = ["web"] });
            if (withHub) akka.WithSseHub(hub);
            akka.WithActors((system, registry) => registry.Register<Echo>(system.ActorOf(Props.Create<Echo>(), "echo")));
            akka.WithShardRegion<Counter>(
                "counters", static _ => Props.Create<Counter>(), new CounterExtractor(), new ShardOptions { Role = "web" });
            akka.AddStartup((system, _) =>
            {
                var cluster = Akka.Cluster.Cluster.Get(system);
                cluster.Join(seed is null ? cluster.SelfAddress : Akka.Cluster.Cluster.Get(SystemOf(seed)).SelfAddress);
            });
        });
        var application = builder.Build();
        _applications.Add(application);
        if (withHub) application.MapSseHub();
        return application;
    }

    /// <summary>A message without a serializer of its own.</summary>
    public sealed record Greeting(string Name, int[] Numbers);

    /// <summary>To an entity.</summary>
    public sealed record Count(string Entity);

    /// <summary>Of an entity.</summary>
    public sealed record Counted(int Value, Address At);

    private sealed class Echo : ReceiveActor
    {
        public Echo() => Receive<Greeting>(m => Sender.Tell(m));
    }

    private sealed class Counter : ReceiveActor
    {
        private int _value;

        public Counter()
        {
            var at = Akka.Cluster.Cluster.Get(Context.System).SelfAddress;
            Receive<Count>(_ => Sender.Tell(new Counted(++_value, at)));
        }
    }

    private sealed class CounterExtractor() : HashCodeMessageExtractor(20)
    {
        public override string EntityId(object message) => ((Count)message).Entity;
    }
}
