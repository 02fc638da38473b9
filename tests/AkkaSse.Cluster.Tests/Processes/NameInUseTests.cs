using System.Text.RegularExpressions;
using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Two servers of one name in one cluster.</summary>
[Trait("speed", "slow")]
[Collection(ProcessCollection.Name)]
public sealed partial class NameInUseTests
{
    [Fact]
    public async Task Second_node_of_a_name_ends_and_says_who_has_it()
    {
        await using var cluster = await AkkaProcesses.StartAsync(1, AkkaProcesses.Patient);
        var address = Address().Match(cluster.Output).Groups[1].Value;

        var (code, output) = await NodeProcess.RunAsync(
            "n0", new NodeStart("--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-port", "0", "--akka-seed", address));

        code.ShouldBe(1, output);
        output.Split('\n').Where(static l => l.StartsWith("akkasse: ", StringComparison.Ordinal)).ShouldHaveSingleItem(output)
            .ShouldBe($"akkasse: The node name n0 is in use by the node at akka.tcp://akkasse@{address}, which is in this cluster; each " +
                "node needs a NodeName of its own. The key is Hub:NodeName, the switch --node-name.");
        output.ShouldNotContain("   at ", Case.Sensitive, output);
        output.ShouldNotContain("have removed this one", Case.Sensitive, output);
        output.ShouldNotContain("Engine akka is ready", Case.Sensitive, output);
    }

    [GeneratedRegex(@"akka\.tcp://akkasse@(127\.0\.0\.1:[0-9]+)")]
    private static partial Regex Address();
}
