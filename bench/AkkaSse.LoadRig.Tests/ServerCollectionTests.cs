using AkkaSse.LoadRig.Configuration;
using AkkaSse.LoadRig.Load;
using AkkaSse.LoadRig.Measure;

namespace AkkaSse.LoadRig.Tests;

public sealed class ServerCollectionTests
{
    [LinuxFact]
    public void Process_with_a_runtime_collects_its_whole_heap()
    {
        var before = GC.CollectionCount(GC.MaxGeneration);
        ServerCollection.Force([Environment.ProcessId]);
        GC.CollectionCount(GC.MaxGeneration).ShouldBeGreaterThan(before);
    }

    [LinuxFact]
    public void Process_without_a_runtime_is_left_alone() =>
        // The first process of the machine is none of ours.
        Should.NotThrow(static () => ServerCollection.Force([1]));

    [Fact]
    public void Collecting_needs_to_know_which_process() =>
        Should.Throw<RigException>(static () => CommandLine.Parse(RigMode.Idle, ["--url", "http://127.0.0.1:1", "--collect"]))
            .Message.ShouldContain("--server-pid");
}
