using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>The console on a phone, in both themes, by keyboard alone, and with more than fits on a page.</summary>
[Trait("speed", "slow")]
public sealed class ConsoleLayoutTests(Chromium chromium) : IClassFixture<Chromium>
{
    // The longest name that a stream may have, without a place to break.
    private static readonly string s_long = new('m', 256);

    [ChromiumTheory]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    [InlineData(1280, ColorScheme.Dark)]
    public async Task No_tab_is_wider_than_its_window(int width, ColorScheme scheme)
    {
        await using var server = await TestServer.StartAsync();
        await server.PublishAsync("orders", Enumerable.Range(0, 20).Select(static i => $$"""{"n":{{i}},"text":"{{s_long}}"}"""));
        await server.CreateAsync([s_long]);
        await using var reader = await server.ReadAsync($"/v1/events?stream=orders&client={new string('c', 200)}&instance=one");
        await using var late = await server.ReadAsync("/v1/streams/orders/events", "7-unknown");
        await using var browser = await chromium.OpenConsoleAsync(server, "overview", width);
        var page = browser.Page;
        await page.EmulateMediaAsync(new() { ColorScheme = scheme });

        foreach (var (tab, ready) in new[]
        {
            ("overview", "#plots canvas"), ("streams", "#streams-rows tr"), ("stream/orders", "#one-rows tr"),
            ("clients", "#clients-rows tr"), ("cluster", "#nodes-rows tr"), ("refusals", "#losses-rows tr"), ("try", "#list li"),
        })
        {
            await page.GoAsync(tab);
            await Expect(page.Locator(ready).First).ToBeVisibleAsync(new() { Timeout = ConsolePage.Limit });
            if (tab.StartsWith("stream/", StringComparison.Ordinal)) await page.ClickAsync("#one-rows tr:first-child");
            var over = await page.EvaluateAsync<string>(
                """
                () => document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("body *")]
                  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                  .map(e => `${e.tagName}#${e.id}.${e.className}`).join(" ")
                """);
            over.ShouldBe("", $"{tab} scrolls to the side");
            var name = $"{tab.Split('/')[0]}-{width}-{scheme}";
            await page.ShootAsync(name.ToLowerInvariant());
        }
    }

    [ChromiumFact]
    public async Task Theme_follows_the_system_until_one_is_chosen_which_a_reload_keeps()
    {
        await using var server = await TestServer.StartAsync();
        await using var browser = await chromium.OpenConsoleAsync(server, "overview");
        var page = browser.Page;
        await page.CountsAsync("#plots canvas", 6);
        var light = await BackAsync(page);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        var dark = await BackAsync(page);
        dark.ShouldNotBe(light);

        await page.SelectOptionAsync("#theme", "light");
        (await BackAsync(page)).ShouldBe(light);
        await page.ReloadAsync();
        (await BackAsync(page)).ShouldBe(light);
        await Expect(page.Locator("#theme")).ToHaveValueAsync("light");
        await page.SelectOptionAsync("#theme", "");
        (await BackAsync(page)).ShouldBe(dark);
    }

    [ChromiumFact]
    public async Task Keyboard_moves_over_tabs_and_rows_and_opens()
    {
        await using var server = await TestServer.StartAsync();
        await server.CreateAsync(["a", "b", "c"]);
        await using var browser = await chromium.OpenConsoleAsync(server, "overview");
        var page = browser.Page;
        await page.FocusAsync("#tab-overview");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator("#tab-streams")).ToBeFocusedAsync();
        await Expect(page.Locator("#tab-streams")).ToHaveAttributeAsync("aria-selected", "true");
        await page.CountsAsync("#streams-rows tr", 3);
        (await page.EvaluateAsync<string>("() => getComputedStyle(document.activeElement).outlineStyle")).ShouldBe("solid");

        await page.Keyboard.PressAsync("/");
        await Expect(page.Locator("#streams-prefix")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("/");
        await Expect(page.Locator("#streams-prefix")).ToHaveValueAsync("/");
        await page.FillAsync("#streams-prefix", "");
        await page.CountsAsync("#streams-rows tr", 3);
        await page.FocusAsync("#streams-rows tr:first-child");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("End");
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(page.Locator("#streams-rows tr:nth-child(2)")).ToBeFocusedAsync();
        // A look at the server takes the focus from nobody.
        await page.WaitForResponseAsync(static r => r.Url.Contains("/v1/streams", StringComparison.Ordinal));
        await Expect(page.Locator("#streams-rows tr:nth-child(2)")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#one-title")).ToHaveTextAsync("b", new() { Timeout = ConsolePage.Limit });
    }

    [ChromiumFact]
    public async Task Ten_thousand_streams_and_a_hundred_thousand_clients_are_a_page_of_rows_and_the_page_answers_meanwhile()
    {
        await using var server = await TestServer.StartAsync();
        var names = Enumerable.Range(0, 10_000).Select(static i => $"tenant/{i:d5}").ToList();
        foreach (var part in names.Chunk(5_000))
        {
            var body = string.Join('\n', part.Select(static name => $$"""{"stream":"{{name}}","data":"x"}"""));
            using var answer = await server.Http.PostAsync("/v1/batch", new StringContent(body));
            (await answer.Content.ReadAsStringAsync()).ShouldContain("\"rejected\":0");
        }
        await using var browser = await chromium.OpenConsoleAsync(server, "overview");
        var page = browser.Page;
        await page.CountsAsync("#plots canvas", 6);

        var loading = page.RunAndWaitForResponseAsync(
            () => page.GoAsync("streams"), static r => r.Url.Contains("/v1/streams?", StringComparison.Ordinal));
        var answers = 0;
        do
        {
            (await page.EvaluateAsync<int>("() => 1 + 1")).ShouldBe(2);
            answers++;
        }
        while (!loading.IsCompleted);
        await loading;
        answers.ShouldBePositive();
        await page.CountsAsync("#streams-rows tr", 100);
        for (var i = 0; i < 3; i++)
        {
            await page.ClickAsync("#streams-pager button:last-child");
            await page.HasAsync("#streams-pager", $"{(i + 1) * 100 + 1} to");
        }
        await page.FillAsync("#streams-prefix", "tenant/0999");
        await page.CountsAsync("#streams-rows tr", 10);

        // As many connections as no test opens: a page of the list that the server would answer with.
        await page.RouteAsync("**/v1/clients?*", static route => route.FulfillAsync(new()
        {
            ContentType = "application/json",
            Body = $$"""{"clients":[{{string.Join(',', Clients(route.Request.Url))}}],"next":"more","complete":true,"missing":[]}""",
        }));
        await page.GoAsync("clients");
        await page.CountsAsync("#clients-rows tr", 100);
        for (var i = 0; i < 20; i++)
        {
            await page.ClickAsync("#clients-pager button:last-child");
            await page.HasAsync("#clients-pager", $"{(i + 1) * 100 + 1:n0} to");
        }
        (await page.EvaluateAsync<int>("() => document.querySelectorAll('*').length")).ShouldBeLessThan(10_000);
    }

    private static IEnumerable<string> Clients(string url) => Enumerable.Range(0, 100).Select(i => $$"""
        {"id":"reader-{{url.Length}}-{{i}}","zone":"default","node":"one","connectedAt":"2030-01-01T00:00:00Z","streams":["news"],
         "listenZones":[],"subject":null,"instance":null,"remote":"127.0.0.1","url":null,"lastEventId":null}
        """);

    private static Task<string> BackAsync(IPage page) =>
        page.EvaluateAsync<string>("() => getComputedStyle(document.body).backgroundColor");
}
