using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Server.Tests;

public sealed partial class PageTests
{
    private static readonly string s_assets = Path.Combine(BuildOutput.Root, "src/AkkaSse.Server/Page/Assets");

    [Fact]
    public async Task The_page_has_a_strict_policy_and_asks_no_other_server()
    {
        await using var server = await TestServer.StartAsync();

        foreach (var path in (string[])["/", "/console", .. Files()])
        {
            using var response = await server.Http.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            var policy = response.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("default-src 'none'");
            policy.ShouldNotContain("unsafe");
            // Its comments name pages; what it asks for is what the policy lets it.
            if (!path.StartsWith("/page/uplot/", StringComparison.Ordinal))
                (await response.Content.ReadAsStringAsync()).ShouldNotContain("://", Case.Sensitive, $"{path} names another server");
            using var again = new HttpRequestMessage(HttpMethod.Get, path);
            again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
            (await server.Http.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        }
    }

    [Fact]
    public async Task The_page_can_be_switched_off()
    {
        await using var server = await TestServer.StartAsync("--no-page");

        foreach (var path in (string[])["/", "/console", .. Files()])
            (await server.Http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
    }

    [Fact]
    public void Every_module_that_is_imported_is_there_and_every_element_that_is_named_exists()
    {
        var files = Files().ToHashSet();
        var document = File.ReadAllText(Path.Combine(s_assets, "index.html"));
        foreach (var script in Directory.GetFiles(s_assets, "*.js"))
        {
            var text = File.ReadAllText(script);
            foreach (Match import in Imports().Matches(text)) files.ShouldContain(import.Groups[1].Value, script);
            foreach (Match id in Elements().Matches(text))
                document.ShouldContain($"id=\"{id.Groups[1].Value}\"", Case.Sensitive, script);
        }
    }

    [Fact]
    public void What_is_vendored_is_what_its_readme_says()
    {
        var directory = Path.Combine(s_assets, "uplot");
        var sums = Sums().Matches(File.ReadAllText(Path.Combine(directory, "README.md")));

        sums.Select(static m => m.Groups[1].Value).Order().ShouldBe(["uPlot.esm.js", "uPlot.min.css"]);
        foreach (Match sum in sums)
        {
            var content = File.ReadAllBytes(Path.Combine(directory, sum.Groups[1].Value));
            Convert.ToHexStringLower(SHA256.HashData(content)).ShouldBe(sum.Groups[2].Value, sum.Groups[1].Value);
        }
    }

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(s_assets, "*", SearchOption.AllDirectories)
        .Select(static file => Path.GetRelativePath(s_assets, file).Replace('\\', '/'))
        .Where(static file => file != "index.html" && !file.EndsWith(".md", StringComparison.Ordinal))
        .Select(static file => "/page/" + file);

    [GeneratedRegex("""^import .*?"(/[^"]+)";$""", RegexOptions.Multiline)]
    private static partial Regex Imports();

    [GeneratedRegex("""\$\("([a-z-]+)"\)""")]
    private static partial Regex Elements();

    [GeneratedRegex(@"^\| `(.+?)` \| `([0-9a-f]{64})` \|$", RegexOptions.Multiline)]
    private static partial Regex Sums();
}
