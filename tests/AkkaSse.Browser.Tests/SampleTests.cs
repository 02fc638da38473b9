using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>The pages of samples, run as their READMEs say: with their own directory as content root.</summary>
[Trait("speed", "slow")]
public sealed class SampleTests(Chromium chromium) : IClassFixture<Chromium>
{
    [ChromiumFact]
    public async Task Progress_bar_fills_and_survives_a_reload()
    {
        var (process, url) = await ProgramProcess.ListenAsync(BuildOutput.Program("samples/ProgressBar", "ProgressBar"),
            ["--urls", "http://127.0.0.1:0", "--contentRoot", Path.Combine(BuildOutput.Root, "samples/ProgressBar")]);
        await using var program = process;
        await using var browser = await chromium.OpenAsync(url);
        var page = browser.Page;

        await page.ClickAsync("#start");
        await page.WaitForSelectorAsync("progress");
        await page.ReloadAsync();

        await Expect(page.Locator("label").First).ToContainTextAsync("done: 148933 primes", Patient);
        (await page.EvaluateAsync<double>("() => document.querySelector('progress').value")).ShouldBe(100);
    }

    [ChromiumFact]
    public async Task Embedded_page_shows_events_and_names_what_a_restart_took()
    {
        // The key of the cookie is kept below the home directory, so that a member stays one over the restart.
        var home = Directory.CreateTempSubdirectory("akkasse-sample-");
        try
        {
            var port = FreePort.Next();
            await using var browser = await chromium.OpenAsync(new Uri("about:blank"));
            var page = browser.Page;
            var connection = Expect(page.Locator("#connection"));

            await using (await StartEmbeddedPageAsync(port, home))
            {
                await page.GotoAsync($"http://127.0.0.1:{port}");
                await page.FillAsync("#name", "ada");
                await page.ClickAsync("#sign-in button");
                await connection.ToContainTextAsync("connected", Patient);
                await Expect(page.Locator("#temperature")).ToContainTextAsync("°C", Patient);
                await page.FillAsync("#text", "<b>warm</b>");
                await page.ClickAsync("#write button");
                await Expect(page.Locator("#notes li")).ToHaveTextAsync("ada: <b>warm</b>", new() { Timeout = Patient.Timeout });
            }
            await connection.ToContainTextAsync("lost, reconnecting", Patient);
            await using var second = await StartEmbeddedPageAsync(port, home);

            await connection.ToContainTextAsync("reconnected, 1 so far", Patient);
            await connection.ToContainTextAsync("gap in temperature", Patient);
            await connection.ToContainTextAsync("epoch-changed", Patient);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static LocatorAssertionsToContainTextOptions Patient => new() { Timeout = (float)Eventually.Longest.TotalMilliseconds };

    private static async Task<ProgramProcess> StartEmbeddedPageAsync(int port, DirectoryInfo home)
    {
        var (process, _) = await ProgramProcess.ListenAsync(
            BuildOutput.Program("samples/EmbeddedPage", "EmbeddedPage"),
            ["--urls", $"http://127.0.0.1:{port}", "--contentRoot", Path.Combine(BuildOutput.Root, "samples/EmbeddedPage")],
            new Dictionary<string, string> { ["HOME"] = home.FullName });
        return process;
    }
}
