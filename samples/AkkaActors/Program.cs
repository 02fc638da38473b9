using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaActors;

var builder = WebApplication.CreateBuilder(args);
var port = builder.Configuration.GetValue("akka", 4061);
var seed = builder.Configuration.GetValue("seed", $"127.0.0.1:{port}");

// A hub that works in the ActorSystem below.
builder.Services.AddSseHub(hub => (hub.NodeName, hub.AutoCreate) = ($"node-{port}", true)).UseActorSystem();

// The application's own ActorSystem: its regions and actors, and the hub's beside them.
builder.Services.AddAkka("parcels", (akka, _) => akka
    .WithRemoting("127.0.0.1", port)
    .WithClustering(new ClusterOptions { SeedNodes = [$"akka.tcp://parcels@{seed}"], Roles = ["parcels"] })
    .WithSseHub()
    .WithShardRegion<Parcel>(
        "parcels", (_, _, resolver) => id => resolver.Props<Parcel>(id), new ParcelExtractor(), new ShardOptions { Role = "parcels" })
    .WithActors((system, registry, resolver) => registry.Register<Board>(system.ActorOf(resolver.Props<Board>(), "board"))));

var app = builder.Build();
app.MapSseHub();
app.MapPost("/parcels/{parcel}/scans", async (string parcel, string place, IRequiredActor<Parcel> parcels) =>
    Results.Ok(await parcels.ActorRef.Ask<Scanned>(new Scan(parcel, place), TimeSpan.FromSeconds(10))));
app.MapGet("/board", async (IRequiredActor<Board> board) =>
    Results.Ok(await board.ActorRef.Ask<Dictionary<string, string>>(Show.Instance, TimeSpan.FromSeconds(10))));
app.Run();
