using System.Text.Json;
using AkkaSse.Browser.Tests.Support;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Browser.Tests;

/// <summary>What of <c>clients/js</c> is tested without a browser: its own tests, its types, its package.</summary>
[Trait("speed", "slow")]
public sealed class ScriptTests
{
    private static readonly string s_client = Path.Combine(BuildOutput.Root, "clients/js");

    [ToolFact("node")]
    public async Task Own_tests_of_the_client_pass()
    {
        var files = Directory.GetFiles(Path.Combine(s_client, "test"), "*.test.js").Order().ToArray();
        files.ShouldNotBeEmpty();
        (await Tool.RunAsync("node", s_client, ["--test", "--test-reporter=tap", .. files])).ShouldContain("# fail 0");
    }

    [ToolFact("npm")]
    public async Task Package_has_script_and_types_that_compile_strictly_where_it_is_installed()
    {
        var directory = Directory.CreateTempSubdirectory("akkasse-npm-");
        try
        {
            await Tool.RunAsync("npm", s_client, "pack", "--silent", "--pack-destination", directory.FullName);
            var package = Directory.GetFiles(directory.FullName, "*.tgz").ShouldHaveSingleItem();
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "package.json"), """{"private":true,"type":"module"}""");
            await Tool.RunAsync("npm", directory.FullName, "install", "--loglevel", "http", "--no-audit", "--no-fund",
                package, "typescript@5.9.3", "@types/react@19.2.7");
            var installed = Path.Combine(directory.FullName, "node_modules/akkasse");
            Directory.GetFiles(installed).Select(Path.GetFileName).ShouldBe(
                ["akkasse.js", "akkasse.d.ts", "package.json", "README.md", "LICENSE"], ignoreOrder: true);

            foreach (var example in Directory.GetFiles(Path.Combine(installed, "examples")))
                File.Copy(example, Path.Combine(directory.FullName, Path.GetFileName(example)));
            await Tool.RunAsync("node", directory.FullName, "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2023",
                "--lib", "es2023,dom", "--module", "nodenext", "--allowJs", "--checkJs", "typed.ts", "use-events.js");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Package_has_the_version_of_the_repository()
    {
        using var package = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_client, "package.json")));
        File.ReadAllText(Path.Combine(BuildOutput.Root, "Directory.Build.props"))
            .ShouldContain($"<Version>{package.RootElement.GetProperty("version").GetString()}</Version>");
    }
}
