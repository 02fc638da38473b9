using AkkaSse.LoadRig.Configuration;
using AkkaSse.LoadRig.Load;
using AkkaSse.Testing;

namespace AkkaSse.LoadRig.Tests;

/// <summary>The publishes beside a storm: their times must be taken, and what goes wrong with them must be said.</summary>
public class PublishProbeTests
{
    [LinuxFact]
    public async Task Every_answer_is_timed_and_taking_begins_anew()
    {
        using var server = new ScriptedServer(static (_, _, _) => []);
        var probe = new PublishProbe(Plan(server));
        long seen = 0;
        await Eventually.Until(() => (seen += probe.Take().Times.Count) > 20, "more than 20 answers");
        probe.Dispose();
        probe.Take().Fault.ShouldBeNull();
        probe.Take().Times.Count.ShouldBe(0);
    }

    [LinuxFact]
    public async Task Refusal_is_a_fault()
    {
        using var server = new ScriptedServer(static (_, _, _) => [], status: 503);
        using var probe = new PublishProbe(Plan(server));
        await Eventually.Until(() => probe.Take().Fault == "status 503", "the refusal");
    }

    [LinuxFact]
    public async Task Server_that_goes_away_is_a_fault_and_no_hang()
    {
        var server = new ScriptedServer(static (_, _, _) => []);
        using var probe = new PublishProbe(Plan(server));
        await Eventually.Until(() => probe.Take().Times.Count > 0, "an answer");
        server.Dispose();
        await Eventually.Until(() => probe.Take().Fault is not null, "the fault");
    }

    private static RigPlan Plan(ScriptedServer server) =>
        CommandLine.Parse(RigMode.Resume, ["--url", server.Url, "--conns", "1", "--events", "1", "--size", "64"]).Plan;
}
