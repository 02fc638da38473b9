using System.Text.Json;
using AkkaSse.LoadRig.Configuration;
using AkkaSse.LoadRig.Load;
using AkkaSse.LoadRig.Native;
using AkkaSse.LoadRig.Reporting;

namespace AkkaSse.LoadRig.Tests;

/// <summary>A rig that calls everything clean is worse than none: each fault that it is to find is committed here.</summary>
public class RigTests
{
    private const int Readers = 3;
    private const int Events = 20;

    // The event and the reader with which something is wrong.
    private const int Wrong = 7;
    private const int Victim = 1;

    [LinuxFact]
    public void Every_event_once_and_in_order_is_clean()
    {
        var report = Run(static (_, _, _, data) => [ScriptedServer.Frame(data)]);
        report.Faults.ShouldBeEmpty();
        Figure(report, "deliveries").ShouldBe(Readers * Events);
    }

    [LinuxFact]
    public void Lost_event_is_found() =>
        Run(static (_, reader, e, data) => reader == Victim && e == Wrong ? [] : [ScriptedServer.Frame(data)])
            .Faults.ShouldContain("lost 1");

    [LinuxFact]
    public void Event_that_was_named_as_missed_is_not_lost()
    {
        const string Gap = "event: hub.gap\ndata: {\"stream\":\"s\",\"from\":8,\"to\":8,\"reason\":\"lagged\"}\nid: 8-m1\n\n";
        var report = Run(static (_, reader, e, data) => reader == Victim && e == Wrong ? [Gap] : [ScriptedServer.Frame(data)]);
        Figure(report, "lost").ShouldBe(0);
        Figure(report, "missed_and_told").ShouldBe(1);
    }

    [LinuxFact]
    public void Gap_that_names_too_little_leaves_a_loss()
    {
        const string Gap = ": gap stream=s from=8 to=8 epoch=m1 reason=lagged\n";
        Run(static (_, reader, e, data) => reader == Victim && e is Wrong or Wrong + 1
                ? e == Wrong ? [Gap] : []
                : [ScriptedServer.Frame(data)])
            .Faults.ShouldContain("lost 1");
    }

    [LinuxFact]
    public void Doubled_event_is_found() =>
        Run(static (_, reader, e, data) => reader == Victim && e == Wrong
                ? [ScriptedServer.Frame(data), ScriptedServer.Frame(data)]
                : [ScriptedServer.Frame(data)])
            .Faults.ShouldContain("duplicated 1");

    [LinuxFact]
    public void Swapped_events_of_one_publisher_are_found()
    {
        var report = Run(static (server, reader, e, data) => reader == Victim && e is Wrong or Wrong + 1
            ? server.SwapWithNext(reader, data)
            : [ScriptedServer.Frame(data)]);
        report.Faults.ShouldContain("out_of_order 1");
        report.Faults.ShouldContain("readers_with_another_order 1");
    }

    [LinuxFact]
    public void Damaged_event_is_found() =>
        Run(static (_, reader, e, data) => [ScriptedServer.Frame(reader == Victim && e == Wrong ? data[..^1] : data)])
            .Faults.ShouldContain("malformed 1");

    [LinuxFact]
    public void Cut_reader_is_found()
    {
        var report = Run(static (_, reader, e, data) => [reader == Victim && e == Wrong ? ScriptedServer.Cut : ScriptedServer.Frame(data)]);
        report.Faults.ShouldContain("disconnects 1");
    }

    [LinuxFact]
    public void Refused_publishes_are_found() =>
        Run(static (_, _, _, data) => [ScriptedServer.Frame(data)], status: 503).Faults
            .ShouldContain(f => f.StartsWith($"events_rejected {Events}", StringComparison.Ordinal));

    [LinuxFact]
    public void Events_of_a_batch_are_counted_one_by_one()
    {
        var report = Run(static (_, _, _, data) => data.Split('\n').Select(ScriptedServer.Frame), arguments: ["--batch", "4"]);
        report.Faults.ShouldBeEmpty();
        Figure(report, "events_accepted").ShouldBe(Events);
        Figure(report, "deliveries").ShouldBe(Readers * Events);
    }

    [LinuxFact]
    public void Batch_that_was_accepted_in_part_is_found() =>
        Run(static (_, _, _, data) => data.Split('\n').Take(3).Select(ScriptedServer.Frame), 200, "{\"accepted\":3,\"rejected\":1}",
            "--batch", "4")
            .Faults.ShouldContain(f => f.StartsWith($"events_rejected {Events / 4}", StringComparison.Ordinal));

    [LinuxFact]
    public void Other_machines_are_not_loaded()
    {
        Should.Throw<RigException>(static () => CommandLine.Parse(RigMode.FanOut, ["--url", "http://192.0.2.1:80"]))
            .Message.ShouldContain("loopback");
        Should.Throw<InvalidOperationException>(static () => LoopbackSocket.Open(System.Net.IPAddress.Parse("192.0.2.1"), 80, 0));
    }

    [Theory]
    [InlineData("--conns", "60001")]
    [InlineData("--events", "50000001")]
    [InlineData("--max-secs", "301")]
    [InlineData("--size", "10")]
    [InlineData("--batch", "0")]
    [InlineData("--pub-body", "nothing")]
    [InlineData("--header", "a\r\nb: c")]
    [InlineData("--conns", "many")]
    [InlineData("--no-such", "1")]
    public void Value_over_the_bounds_is_refused(string name, string value) =>
        Should.Throw<RigException>(() => CommandLine.Parse(RigMode.FanOut, ["--url", "http://127.0.0.1:1", name, value]))
            .Message.ShouldNotBeEmpty();

    private static RigReport Run(
        Func<ScriptedServer, int, int, string, IEnumerable<string>> script, int status = 202, string body = "ok", params string[] arguments)
    {
        ScriptedServer? server = null;
        using var started = server = new ScriptedServer((reader, e, data) => script(server!, reader, e, data), status, body);
        var (plan, _) = CommandLine.Parse(
            RigMode.FanOut,
            [
                "--url", started.Url, "--conns", $"{Readers}", "--events", $"{Events}", "--size", "64",
                "--warmup", "0", "--idle-secs", "0", "--drain-secs", "1", .. arguments,
            ]);
        using var rig = new Rig(plan);
        return rig.Run();
    }

    private static double Figure(RigReport report, string name) =>
        JsonDocument.Parse(report.ToJson()).RootElement.GetProperty(name).GetDouble();
}
