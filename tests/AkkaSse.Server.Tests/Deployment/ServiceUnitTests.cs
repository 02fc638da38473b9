using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests.Deployment;

/// <summary>The unit for systemd says what the server does.</summary>
public sealed class ServiceUnitTests
{
    private static ILookup<string, string> Settings { get; } = File.ReadLines(
        Path.Combine(BuildOutput.Root, "docker", "systemd", "akkasse.service"))
        .Where(static l => l.Contains('=') && l[0] != '#').Select(static l => l.Split('=', 2)).ToLookup(static p => p[0], static p => p[1]);

    [Fact]
    public async Task Command_of_the_unit_is_one_that_the_server_takes()
    {
        var command = Settings["ExecStart"].Single().Split(' ');
        Path.GetFileName(command[0]).ShouldBe("AkkaSse.Server");
        var config = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(config, "{}");
            var arguments = command[1..].Select(a => a.EndsWith(".json", StringComparison.Ordinal) ? config : a);
            var (code, output) = await ProgramProcess.RunAsync(TestServer.Program, ["config", .. arguments]);
            code.ShouldBe(0, output);
            // The directory that systemd makes for it.
            output.ShouldContain($"/var/lib/{Settings["StateDirectory"].Single()} ");
        }
        finally
        {
            File.Delete(config);
        }
    }

    [Fact]
    public void Manager_hears_of_the_node_and_waits_for_its_drain()
    {
        Settings["Type"].ShouldBe(["notify"]);
        Settings["NotifyAccess"].ShouldBe(["main"]);
        Settings["TimeoutStartSec"].ShouldBe(["infinity"]);
        var (server, hub) = (new ServerSettings(), new HubOptions());
        var drain = server.ReadinessDelay + hub.DrainWindow + server.ShutdownGrace;
        TimeSpan.FromSeconds(int.Parse(Settings["TimeoutStopSec"].Single(), null)).ShouldBeGreaterThan(drain);
        // The usage and configuration codes of the server.
        Settings["RestartPreventExitStatus"].ShouldBe(["2 78"]);
        Settings["MemoryDenyWriteExecute"].ShouldBeEmpty("the runtime compiles");
    }
}
