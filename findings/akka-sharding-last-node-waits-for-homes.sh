#!/usr/bin/env bash
# Akka.Cluster.Sharding 1.5.73: when the last node of a cluster leaves while its shard region still asks for the homes of shards, coordinated shutdown waits for the whole timeout of its phase
# cluster-sharding-shutdown-region (10 s by default): the region, which is stopping, keeps the messages that it has buffered and waits for homes that nobody can give. It then says that its graceful
# shutdown has timed out. A region that has no such messages ends at once. Who stops a cluster of one under load of new entities can end the region with a PoisonPill instead: nothing is handed over.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >f.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><NoWarn>NU1603;NU1901;NU1902;NU1903</NoWarn></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.Cluster.Sharding" Version="1.5.73" /></ItemGroup>
</Project>
X
cat >p.cs <<'X'
using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Configuration;

var busy = args[0] == "busy";
var system = ActorSystem.Create("s", ConfigurationFactory.ParseString("""
    akka.actor.provider = cluster
    akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
    akka.cluster.sharding.state-store-mode = ddata
    akka.cluster.sharding.distributed-data.durable.keys = []
    """));
var cluster = Cluster.Get(system);
await cluster.JoinAsync(cluster.SelfAddress);
var region = ClusterSharding.Get(system).Start("e", _ => Props.Create<Entity>(), ClusterShardingSettings.Create(system), new Extractor());
await region.Ask<string>("0", TimeSpan.FromSeconds(30));
for (var i = 1; busy && i <= 2000; i++) region.Tell(i.ToString());
var began = Stopwatch.StartNew();
await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
Console.WriteLine($"RESULT {args[0]}: left after {(began.Elapsed.TotalSeconds < 8 ? "less" : "more")} than 8 s");

sealed class Entity : ReceiveActor
{
    public Entity() => ReceiveAny(m => Sender.Tell(m));
}

sealed class Extractor : HashCodeMessageExtractor
{
    public Extractor() : base(5000) { }
    public override string EntityId(object message) => (string)message;
}
X
dotnet build -v quiet -nologo >built || { cat built; exit 1; }
for load in idle busy; do timeout 90 dotnet run --no-build -- $load >seen.$load 2>&1 || true; grep -E '^RESULT|Graceful shutdown of shard region timed out' seen.$load || true; done
grep -q '^RESULT idle: left after less than 8 s' seen.idle && grep -q '^RESULT busy: left after more than 8 s' seen.busy && grep -q 'Graceful shutdown of shard region timed out' seen.busy ||
  { tail -20 seen.busy; echo "It behaves otherwise now." >&2; exit 1; }
