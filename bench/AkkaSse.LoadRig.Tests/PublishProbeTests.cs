using AkkaSse.LoadRig.Configuration;
using AkkaSse.LoadRig.Load;

namespace AkkaSse.LoadRig.Tests;

/// <summary>The publishes beside a storm: their times must be taken, and what goes wrong with them must be said.</summary>
public class PublishProbeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [LinuxFact]
    public void Every_answer_is_timed_and_taking_begins_anew()
    {
        using var server = new ScriptedServer(static (_, _, _) => []);
        var probe = new PublishProbe(Plan(server));
        long seen = 0;
        Await(() => (seen += probe.Take().Times.Count) > 20, "more than 20 answers");
        probe.Dispose();
        probe.Take().Fault.ShouldBeNull();
        probe.Take().Times.Count.ShouldBe(0);
    }

    [LinuxFact]
    public void Refusal_is_a_fault()
    {
        using var server = new ScriptedServer(static (_, _, _) => [], status: 503);
        using var probe = new PublishProbe(Plan(server));
        Await(() => probe.Take().Fault == "status 503", "the refusal");
    }

    [LinuxFact]
    public void Server_that_goes_away_is_a_fault_and_no_hang()
    {
        var server = new ScriptedServer(static (_, _, _) => []);
        using var probe = new PublishProbe(Plan(server));
        Await(() => probe.Take().Times.Count > 0, "an answer");
        server.Dispose();
        Await(() => probe.Take().Fault is not null, "the fault");
    }

    private static RigPlan Plan(ScriptedServer server) =>
        CommandLine.Parse(RigMode.Resume, ["--url", server.Url, "--conns", "1", "--events", "1", "--size", "64"]).Plan;

    private static void Await(Func<bool> condition, string what) =>
        SpinWait.SpinUntil(condition, Deadline).ShouldBeTrue($"Waited {Deadline.TotalSeconds} s in vain for {what}.");
}
