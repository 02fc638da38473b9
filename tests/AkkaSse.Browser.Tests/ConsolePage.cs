using System.Globalization;
using System.Text;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>What tests of the console share: where it is, how it is looked at, and servers with something to see.</summary>
internal static class ConsolePage
{
    internal const string Operator = "a-token-of-the-operator";

    internal static float Limit => (float)Eventually.Longest.TotalMilliseconds;

    /// <summary>Opens a tab of the console in a page that is open already, or that a test opens.</summary>
    internal static Task GoAsync(this IPage page, string tab) =>
        page.EvaluateAsync("tab => { location.hash = tab; }", "#/" + tab);

    internal static async Task<BrowserPage> OpenConsoleAsync(this Chromium chromium, TestServer server, string tab, int width = 1280)
    {
        var opened = await chromium.OpenAsync(new Uri("about:blank"));
        await opened.Page.SetViewportSizeAsync(width, 900);
        await opened.Page.GotoAsync(new Uri(server.Url, "console#/" + tab).ToString());
        return opened;
    }

    internal static Task HasAsync(this IPage page, string selector, string text) =>
        Expect(page.Locator(selector)).ToContainTextAsync(text, new() { Timeout = Limit });

    internal static Task CountsAsync(this IPage page, string selector, int count) =>
        Expect(page.Locator(selector)).ToHaveCountAsync(count, new() { Timeout = Limit });

    internal static async Task SignInAsync(this IPage page, string token)
    {
        await page.FillAsync("#token", token);
        await page.ClickAsync("#sign-in");
        await page.HasAsync("#session", "Signed in as");
    }

    /// <summary>Kept among the results of the run, for somebody to look at.</summary>
    internal static async Task ShootAsync(this IPage page, string name)
    {
        var directory = Directory.CreateDirectory(Path.Combine(BuildOutput.Root, "artifacts/test-results/screenshots"));
        await page.ScreenshotAsync(new() { Path = Path.Combine(directory.FullName, $"console-{name}.png"), FullPage = true });
    }

    /// <summary>A server with three tokens: the operator's, and those that a test gives.</summary>
    internal static Task<TestServer> StartAsync(params (string Token, string Subject, string Grant)[] others)
    {
        var environment = new Dictionary<string, string> { ["AKKASSE_AUDIT__STREAM"] = "true" };
        foreach (var (i, (token, subject, grant)) in others.Prepend((Operator, "operator", "all")).Index())
        {
            var key = "AKKASSE_AUTH__TOKENS__" + i.ToString(CultureInfo.InvariantCulture);
            (environment[key + "__TOKEN"], environment[key + "__SUBJECT"], environment[key + "__GRANTS__0"]) = (token, subject, grant);
        }
        return TestServer.StartAsync(0, environment, Operator);
    }

    internal static async Task PublishAsync(this TestServer server, string stream, IEnumerable<string> data)
    {
        var body = new StringBuilder();
        foreach (var text in data) body.Append($$"""{"stream":"{{stream}}","type":"tick","json":{{text}}}""").Append('\n');
        using var answer = await server.Http.PostAsync("/v1/batch", new StringContent(body.ToString()));
        answer.EnsureSuccessStatusCode();
        (await answer.Content.ReadAsStringAsync()).ShouldContain("\"rejected\":0");
    }

    internal static async Task CreateAsync(this TestServer server, IEnumerable<string> streams)
    {
        foreach (var names in streams.Chunk(50))
        {
            var answers = await Task.WhenAll(names.Select(n => server.Http.PutAsync("/v1/stream?stream=" + Uri.EscapeDataString(n), null)));
            foreach (var answer in answers) answer.EnsureSuccessStatusCode().Dispose();
        }
    }
}
