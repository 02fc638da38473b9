using System.Net;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Engine.Specs;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;
using Xunit.Abstractions;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Three servers, all real processes on loopback, with the downing settings of production.</summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed class ClusterProcessTests(ClusterProcessTests.Lender lender, ITestOutputHelper output)
    : ProcessSpecs(output), IClassFixture<ClusterProcessTests.Lender>
{
    protected override Task<NodeCluster> StartAsync(int nodes, params string[] arguments) => AkkaProcesses.StartAsync(nodes, arguments);

    protected override async Task<BorrowedCluster> BorrowAsync(int nodes) => new(await lender.StartedAsync(nodes), ends: false);

    /// <summary>What is one byte larger never meets the remoting, which would drop it and end the association.</summary>
    [Fact]
    public async Task Largest_event_reaches_readers_and_clients_of_other_nodes_and_one_byte_more_is_413()
    {
        const int Largest = 1 << 20;
        var cluster = await lender.StartedAsync(Nodes);
        using var http = new HttpClient();
        for (var owner = 0; owner < 8; owner++)
        {
            var path = $"/v1/streams/largest-{owner}/events";
            var data = $"{owner}{new string('x', Largest - 1)}";
            await using var reader = await RawSseClient.OpenAsync(cluster.Urls[1], $"{path}?since=earliest");
            (await PostAsync(path, data)).ShouldBe(HttpStatusCode.Accepted);
            (await PostAsync(path, data + "x")).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
            (await reader.NextEventAsync()).Data.ShouldBe(data);
        }
        await using var client = await RawSseClient.OpenAsync(cluster.Urls[2], "/v1/events?client=largest&stream=s");
        await client.NextAsync("hub.open");
        var sent = new string('y', Largest);
        (await PostAsync("/v1/clients/largest/events", sent + "y")).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await PostAsync("/v1/clients/largest/events", sent)).ShouldBe(HttpStatusCode.Accepted);
        (await client.NextEventAsync()).Data.ShouldBe(sent);

        async Task<HttpStatusCode> PostAsync(string path, string data)
        {
            using var answer = await http.PostAsync(new Uri(cluster.Urls[0], path), new StringContent(data));
            return answer.StatusCode;
        }
    }

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
        internal async Task<NodeCluster> StartedAsync(int nodes) => _nodes ??= await AkkaProcesses.StartAsync(nodes, AkkaProcesses.Patient);
    }
}
