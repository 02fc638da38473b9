// What an engine does without HTTP: all nodes are in this process and share its cores.
//   AkkaSse.EngineRig akka [SECONDS]
//   AkkaSse.EngineRig postgres CONNECTION_STRING [SECONDS]
// Events of 200 bytes, published on all nodes but the last and read on the last; then one publish at a time, and how long it takes to the
// reader of another node. Each event is checked: a run that lost, doubled or disordered one ends with 1. A database is used as it is; the
// rig's streams have names of their own.
using System.Globalization;
using AkkaSse.EngineRig;
using AkkaSse.Hub;
using Microsoft.Extensions.DependencyInjection;

if (args is not (["akka"] or ["akka", _] or ["postgres", _] or ["postgres", _, _]))
{
    Console.Error.WriteLine("AkkaSse.EngineRig akka [SECONDS] | postgres CONNECTION_STRING [SECONDS]");
    return 2;
}
var seconds = double.TryParse(args[^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var s) ? s : 8;
var seed = RigNodes.FreePort();
await using var nodes = args[0] == "akka"
    ? await RigNodes.StartAsync(
        3, (builder, i) => builder.UseAkkaCluster(o => (o.Port, o.Seeds) = (i == 0 ? seed : RigNodes.FreePort(), [$"127.0.0.1:{seed}"])))
    : await RigNodes.StartAsync(2, (builder, _) => builder.UsePostgres(args[1]));
try
{
    foreach (var hub in nodes.Hubs) await Measure.ReadyAsync(hub);
    foreach (var (streams, batch) in new[] { (16, 32), (16, 1), (1, 32) })
        Console.WriteLine(await Measure.ThroughputAsync(nodes.Hubs, streams, batch, TimeSpan.FromSeconds(seconds)));
    Console.WriteLine(await Measure.LatencyAsync(nodes.Hubs, TimeSpan.FromSeconds(seconds)));
    return 0;
}
catch (WrongResultException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 1;
}
