using AkkaSse.Server.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>The sample's page, run as its README says: with its own directory as content root.</summary>
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

        await Expect(page.Locator("label").First).ToContainTextAsync("done: 148933 primes", new() { Timeout = (float)ProgramProcess.Deadline.TotalMilliseconds });
        (await page.EvaluateAsync<double>("() => document.querySelector('progress').value")).ShouldBe(100);
    }
}
