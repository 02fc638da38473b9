using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>
/// What an operator finds in the logs after a node was killed and started again, and after another one was stopped and started again.
/// </summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed class LogTests
{
    private const int MostWarnings = 5;

    [Fact]
    public async Task Restart_is_told_in_a_few_lines_that_name_the_node()
    {
        await using var cluster = await AkkaProcesses.StartAsync(3);
        using var http = new HttpClient();
        var (first, second) = (cluster.Nodes[0], cluster.Nodes[1]);
        for (var i = 0; i < 12; i++)
        {
            using var answer = await http.PostAsync(new Uri(first.Url, $"v1/streams/s{i}/events"), new StringContent("1"));
            answer.EnsureSuccessStatusCode();
        }

        await cluster.KillAsync(2);
        await Told(first, "Node n2 has crashed: nothing listens at akka.tcp://akkasse@127.0.0.1:", "It is removed at once");
        await Told(first, "Node n2 at akka.tcp://akkasse@127.0.0.1:", "was removed from the cluster");
        await Told(second, "Node n2 at akka.tcp://akkasse@127.0.0.1:", "was removed from the cluster");
        await cluster.StartReadyNodeAsync("n2");
        await Told(first, "Node n2 at akka.tcp://akkasse@127.0.0.1:", "has joined the cluster");
        Warnings(first).ShouldBeInRange(1, MostWarnings, cluster.Output);
        Warnings(second).ShouldBeInRange(1, MostWarnings, cluster.Output);
        Warnings(cluster.Nodes[^1]).ShouldBeLessThanOrEqualTo(MostWarnings, cluster.Output);

        var before = Warnings(first);
        (await cluster.StopAsync(1)).ShouldBe(0, second.Output);
        await Told(first, "Node n1 at akka.tcp://akkasse@127.0.0.1:", "has left the cluster");
        await cluster.StartReadyNodeAsync("n1");
        (Warnings(first) - before).ShouldBeLessThanOrEqualTo(MostWarnings, cluster.Output);
        first.Lines.ShouldNotContain(static l => l.Contains("AssociationError", StringComparison.Ordinal), cluster.Output);
    }

    private static int Warnings(NodeProcess node) => node.Lines.Count(static l => IsAt(l, "warn") || IsAt(l, "fail") || IsAt(l, "crit"));

    // 2030-01-01T00:00:00.000Z warn: Category[0] Text
    private static bool IsAt(string line, string level) => line.Contains($"Z {level}: ", StringComparison.Ordinal);

    private static Task Told(NodeProcess node, string start, string end) =>
        Eventually.Until(
            () => node.Lines.Any(l => l.Contains(start, StringComparison.Ordinal) && l.Contains(end, StringComparison.Ordinal)),
            () => $"'{start}… {end}' of {node.Name}\n{node.Output}",
            () => node.Lines.Count);
}
