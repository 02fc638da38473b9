using System.Net;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>All servers of a cluster are told to end at the same time.</summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed class LeavingTests
{
    [Fact]
    public async Task Nodes_that_all_end_at_once_wait_for_no_successor()
    {
        await using var cluster = await AkkaProcesses.StartAsync(3, AkkaProcesses.Patient);
        var nodes = cluster.Nodes.ToArray();
        using var http = new HttpClient();
        for (var i = 0; i < 12; i++)
        {
            using var answer = await http.PostAsync(new Uri(nodes[i % 3].Url, $"v1/streams/s{i}/events"), new StringContent("1"));
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, cluster.Output);
        }

        var codes = await Task.WhenAll(nodes.Select(static n => n.StopAsync()));

        codes.ShouldAllBe(static c => c == 0, cluster.Output);
        var output = string.Join('\n', nodes.Select(static n => n.Output));
        output.ShouldContain("this one leaves the cluster without a successor", Case.Sensitive, output);
        output.ShouldNotContain("Leaving the cluster took longer than", Case.Sensitive, output);
    }

    [Fact]
    public async Task Last_node_waits_for_no_home_of_streams_that_are_being_made()
    {
        await using var cluster = await AkkaProcesses.StartAsync(1, AkkaProcesses.Patient);
        var node = cluster.Nodes.Single();
        using var http = new HttpClient();
        var published = 0;
        var publishers = Enumerable.Range(0, 8).Select(i => Task.Run(() => PublishAsync(i))).ToArray();
        await Eventually.Until(() => Volatile.Read(ref published) > 2_000, "publishes into new streams");

        (await node.StopAsync()).ShouldBe(0, node.Output);

        await Eventually.Within(Task.WhenAll(publishers), "publishers to hear of the end");
        node.Output.ShouldNotContain("timed out", Case.Sensitive, node.Output);

        async Task PublishAsync(int publisher)
        {
            try
            {
                for (var n = 0; ; n++)
                {
                    using var answer = await http.PostAsync(
                        new Uri(node.Url, $"v1/streams/s{publisher}-{n}/events"), new StringContent("1"));
                    if (answer.StatusCode == HttpStatusCode.Accepted) Interlocked.Increment(ref published);
                }
            }
            catch (HttpRequestException)
            {
                // The server has ended.
            }
        }
    }
}
