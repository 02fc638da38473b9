using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Engine.Specs;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Three servers, all real processes on loopback, with the downing settings of production.</summary>
public sealed class ClusterProcessTests(ClusterProcessTests.Lender lender, ITestOutputHelper output) : ProcessSpecs(output), IClassFixture<ClusterProcessTests.Lender>
{
    protected override Task<NodeCluster> StartAsync(int nodes, params string[] arguments) => AkkaProcesses.StartAsync(nodes, arguments);

    protected override async Task<BorrowedCluster> BorrowAsync(int nodes) => new(await lender.StartedAsync(nodes), ends: false);

    /// <summary>Three nodes for all tests that leave them as they were: starting them takes 15 s of processor time.</summary>
    public sealed class Lender : IAsyncLifetime
    {
        private NodeCluster? _nodes;

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_nodes is { } nodes) await nodes.DisposeAsync();
        }

        // The tests of a class run one after the other.
        internal async Task<NodeCluster> StartedAsync(int nodes) => _nodes ??= await AkkaProcesses.StartAsync(nodes);
    }
}
