using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Two servers of one name in one cluster.</summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed class NameInUseTests
{
    [Fact]
    public async Task Second_node_of_a_name_ends_and_says_who_has_it()
    {
        await using var cluster = await AkkaProcesses.StartAsync(1, AkkaProcesses.Patient);
        var seed = cluster.Output.Split("akka.tcp://akkasse@")[1].Split([' ', '.', '\n'], 5);
        var address = string.Join('.', seed[..4]);

        var (code, output) = await NodeProcess.RunAsync("n0", new NodeStart("--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-port", "0", "--akka-seed", address));

        code.ShouldBe(1, output);
        output.Split('\n').Where(static l => l.StartsWith("akkasse: ", StringComparison.Ordinal)).ShouldHaveSingleItem(output)
            .ShouldBe($"akkasse: The node name n0 is in use by the node at akka.tcp://akkasse@{address}, which is in this cluster; each node needs a NodeName of its own. The key is Hub:NodeName, the switch --node-name.");
        output.ShouldNotContain("   at ", Case.Sensitive, output);
        output.ShouldNotContain("Engine akka is ready", Case.Sensitive, output);
    }
}
