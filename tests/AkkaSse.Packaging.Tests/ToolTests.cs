using System.Runtime.InteropServices;
using AkkaSse.Packaging.Tests.Support;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Packaging.Tests;

/// <summary>The command line as a tool, installed from its package.</summary>
[Trait("speed", "slow")]
[Collection(PackedPackagesCollection.Name)]
public sealed class ToolTests(PackedPackages packed)
{
    // The installed command looks for the runtime where an installer puts it, or where it is told.
    private static readonly Dictionary<string, string> s_environment = new()
    {
        ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")),
        ["AKKASSE_SERVER__WARMUP"] = "0s",
    };

    [Fact]
    public void Package_is_a_tool_with_what_a_package_page_shows()
    {
        using var package = packed.Open(PackageProject.Tool);
        package.Element("packageTypes")!.Descendants().Single().Attribute("name")!.Value.ShouldBe("DotnetTool");
        package.Dependencies.ShouldBeEmpty();
        package.Text("tools/net10.0/any/DotnetToolSettings.xml").ShouldContain("Name=\"akkasse\" EntryPoint=\"AkkaSse.Server.dll\"");
        package.Entries.ShouldContain("tools/net10.0/any/appsettings.json");
        package.Value("description").ShouldNotBeNull().Length.ShouldBeInRange(80, 400);
        package.Value("tags").ShouldNotBeNull().ShouldContain("server-sent-events");
        package.Text("README.md").ShouldStartWith($"# {PackageProject.Tool}\n");
        package.Text("README.md").ShouldNotContain("](../");
        package.Entries.ShouldContain("icon.png");
    }

    [Fact]
    public async Task Installed_command_says_its_version_runs_a_hub_and_publishes_to_it()
    {
        var akkasse = await packed.InstallToolAsync();

        var (code, version) = await ProgramProcess.RunAsync(akkasse, ["--version"], s_environment);
        code.ShouldBe(0, version);
        version.ShouldMatch(@"^\d+\.\d+\.\d+");
        (await ProgramProcess.RunAsync(akkasse, ["--help"], s_environment)).Output.ShouldContain("  akkasse [serve] [options]");

        var data = Directory.CreateTempSubdirectory("akkasse-tool-").FullName;
        try
        {
            // With a data directory: its native library comes along.
            var (hub, url) = await ProgramProcess.ListenAsync(akkasse, ["--urls", "http://127.0.0.1:0", "--data", data], s_environment);
            await using var running = hub;
            await using var reader = await RawSseClient.OpenAsync(url, "/v1/streams/news/events");
            await reader.NextAsync("hub.open");

            var (published, said) = await ProgramProcess.RunAsync(
                akkasse, ["publish", url.ToString(), "--stream", "news", "hello"], s_environment);

            published.ShouldBe(0, said);
            (await reader.NextEventAsync()).Data.ShouldBe("hello");
            (await ProgramProcess.RunAsync(akkasse, ["healthcheck", url.ToString()], s_environment)).ShouldBe((0, "ready"));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
