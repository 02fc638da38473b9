using Microsoft.Playwright;

namespace AkkaSse.Browser.Tests;

/// <summary>The system's chromium, headless, with an empty profile per context and no traffic of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where it is; null when there is none, or when <c>AKKASSE_TEST_CHROMIUM</c> is <c>none</c>.</summary>
    public static string? Path { get; } = Environment.GetEnvironmentVariable("AKKASSE_TEST_CHROMIUM") switch
    {
        null or "" => Candidates.FirstOrDefault(File.Exists),
        "none" => null,
        var given => given,
    };

    public async Task InitializeAsync()
    {
        if (Path is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Path,
            Headless = true,
            Args =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>
    /// A page in a profile of its own. Script errors and refused contents fail the test that calls <see cref="BrowserPage.DisposeAsync"/>.
    /// </summary>
    internal async Task<BrowserPage> OpenAsync(Uri url)
    {
        var context = await _browser!.NewContextAsync();
        var page = await context.NewPageAsync();
        var opened = new BrowserPage(context, page);
        await page.GotoAsync(url.ToString());
        return opened;
    }
}

/// <summary>A test that needs chromium; without one it is counted as skipped, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Chromium.Path is null) Skip = "No chromium found; install the package chromium, or name one in AKKASSE_TEST_CHROMIUM.";
    }
}

/// <summary>The same for each of its cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumTheoryAttribute : TheoryAttribute
{
    public ChromiumTheoryAttribute() => Skip = new ChromiumFactAttribute().Skip;
}
