using System.Net;
using AkkaSse.Engine.Specs;
using AkkaSse.Postgres.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Postgres.Tests.Processes;

/// <summary>Several servers and a PostgreSQL, all real processes on loopback.</summary>
[Trait("speed", "slow")]
[Collection(NodesCollection.Name)]
public sealed class ClusterProcessTests(SharedServer shared, ITestOutputHelper output) : ProcessSpecs(output)
{
    protected override async Task<NodeCluster> StartAsync(int nodes, params string[] arguments) =>
        (await Cluster.StartAsync(shared.Server, nodes, arguments)).Nodes;

    protected override async Task<BorrowedCluster> BorrowAsync(int nodes) =>
        nodes == 3 ? new((await shared.ClusterAsync()).Nodes, ends: false) : await base.BorrowAsync(nodes);

    [Fact]
    public async Task Restarted_node_takes_its_name_back_at_once()
    {
        await using var cluster = await StartAsync(1, "--set", "Postgres:Lease=5m");
        await cluster.KillAsync(0);
        await cluster.StartNodeAsync("n0");
        using var http = new HttpClient();
        await Eventually.Until(
            async () => (await http.GetAsync(new Uri(cluster.Urls[0], "/healthz/ready"))).StatusCode == HttpStatusCode.OK,
            "the restarted node to be ready");
    }
}
