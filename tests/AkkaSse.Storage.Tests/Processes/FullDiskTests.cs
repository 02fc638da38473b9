using System.Diagnostics;
using AkkaSse.Storage.Tests.Support;
using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Storage.Tests.Processes;

/// <summary>A server whose disk fills up: a small file system in memory, where the test may mount one (as root).</summary>
[Trait("speed", "slow")]
public sealed class FullDiskTests
{
    [MountFact]
    public async Task Full_disk_is_507_readers_go_on_and_publishes_come_back_by_themselves()
    {
        using var directory = new TestDirectory();
        await Mount("-t", "tmpfs", "-o", "size=6m", "tmpfs", directory.Path);
        try
        {
            var ballast = directory.File("ballast");
            await File.WriteAllBytesAsync(ballast, new byte[3 << 20]);
            var data = directory.File("data");
            await using var node = await NodeProcess.StartAsync("n", new NodeStart("--urls", "http://127.0.0.1:0", "--data", data));
            var (accepted, text) = (0, new string('x', 20_000));
            RawResponse answer;
            while ((answer = await RawHttp.PostAsync(node.Url, "/v1/streams/s/events", $"{accepted}:{text}")).Status == 202)
                (++accepted).ShouldBeLessThan(1_000);
            (answer.Status, answer.Code).ShouldBe((507, "storage-full"));
            answer.Header("Retry-After").ShouldNotBeNull();
            await using var reader = await RawSseClient.OpenAsync(node.Url, "/v1/streams/s/events?since=earliest");
            for (var i = 0; i < accepted; i++) (await reader.NextEventAsync()).Data!.ShouldStartWith($"{i}:");
            File.Delete(ballast);
            (await RawHttp.PostAsync(node.Url, "/v1/streams/s/events", "room")).Status.ShouldBe(202);
            (await reader.NextEventAsync()).Data.ShouldBe("room");
            await node.KillAsync();
            await using var again = await NodeProcess.StartAsync("n", new NodeStart("--urls", "http://127.0.0.1:0", "--data", data));
            await using var all = await RawSseClient.OpenAsync(again.Url, "/v1/streams/s/events?since=earliest");
            for (var i = 0; i < accepted; i++) (await all.NextEventAsync()).Data!.ShouldStartWith($"{i}:");
            (await all.NextEventAsync()).Data.ShouldBe("room");
        }
        finally
        {
            await Run("umount", directory.Path);
        }
    }

    private static Task Mount(params string[] arguments) => Run("mount", arguments);

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        using var limit = Eventually.Limit();
        await process.WaitForExitAsync(limit.Token);
        process.ExitCode.ShouldBe(0, program);
    }

    private sealed class MountFactAttribute : FactAttribute
    {
        public MountFactAttribute() => Skip = CanMount() ? null! : "Nobody but root may mount a file system.";

        private static bool CanMount()
        {
            if (!OperatingSystem.IsLinux() || Environment.UserName != "root") return false;
            var directory = Directory.CreateTempSubdirectory("akkasse-mount");
            try
            {
                using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory.FullName])
                {
                    RedirectStandardError = true,
                });
                mount!.WaitForExit();
                if (mount.ExitCode != 0) return false;
                using var unmount = Process.Start("umount", [directory.FullName]);
                unmount.WaitForExit();
                return true;
            }
            finally
            {
                directory.Delete();
            }
        }
    }
}
