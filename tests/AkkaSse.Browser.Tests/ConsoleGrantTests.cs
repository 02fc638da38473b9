using System.Net;
using AkkaSse.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AkkaSse.Browser.Tests;

/// <summary>The console says in words what a missing grant hides, and what it would take.</summary>
[Trait("speed", "slow")]
public sealed class ConsoleGrantTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Tenant = "a-token-of-the-tenant";
    private const string Reader = "a-token-of-the-reader";

    [ChromiumFact]
    public async Task Console_asks_for_a_token_in_every_tab_and_shows_what_it_opens()
    {
        await using var server = await ConsolePage.StartAsync();
        await server.CreateAsync(["news"]);
        await using var browser = await chromium.OpenConsoleAsync(server, "overview");
        var page = browser.Page;
        foreach (var (tab, note, grant) in new[]
        {
            ("overview", "#figures-note", "cluster"), ("streams", "#streams-note", "subscribe or manage"),
            ("clients", "#clients-note", "clients"), ("cluster", "#nodes-note", "cluster"), ("refusals", "#losses-note", "cluster"),
            ("refusals", "#audit-state", "audit"), ("stream/news", "#one-facts", "subscribe:news"),
        })
        {
            await page.GoAsync(tab);
            await page.HasAsync(note, "Sign in: a token with the grant " + grant);
        }
        await page.ShootAsync("signed-out");

        await page.SignInAsync(ConsolePage.Operator);
        await page.HasAsync("#session", "Grants: all.");
        await page.HasAsync("#one-facts", "Head 0");
        await page.HasAsync("#one-state", "Live.");
        await page.GoAsync("streams");
        await page.HasAsync("#streams-rows", "news");
        await page.GoAsync("overview");
        await page.CountsAsync("#plots canvas", 6);

        await page.ClickAsync("#sign-out");
        await page.HasAsync("#figures-note", "Sign in: a token with the grant cluster");
        await Expect(page.Locator("#figures")).ToBeHiddenAsync();
    }

    [ChromiumFact]
    public async Task Tenant_sees_its_prefix_and_is_told_what_the_rest_needs()
    {
        await using var server = await ConsolePage.StartAsync((Tenant, "tenant", "all:chat/*"));
        await server.CreateAsync(["chat/general", "secret"]);
        await using var browser = await chromium.OpenConsoleAsync(server, "streams");
        var page = browser.Page;
        await page.SignInAsync(Tenant);

        await page.HasAsync("#streams-rows tr", "chat/general");
        await Expect(page.Locator("#streams-prefix")).ToHaveValueAsync("chat/");
        await page.FillAsync("#streams-prefix", "s");
        await page.HasAsync("#streams-note", "with that prefix");
        await page.CountsAsync("#streams-rows tr", 0);
        await page.GoAsync("clients");
        await Expect(page.Locator("#clients-prefix")).ToHaveValueAsync("chat/");
        await page.HasAsync("#clients-note", "No such client is connected.");
        await page.GoAsync("cluster");
        await page.HasAsync("#nodes-note", "a token with the grant cluster is needed");
        await page.GoAsync("refusals");
        await page.HasAsync("#losses-note", "a token with the grant cluster is needed");
        await page.HasAsync("#audit-state", "a token with the grant audit is needed");
        await page.ShootAsync("without-a-grant");
    }

    [ChromiumFact]
    public async Task What_may_not_be_done_is_said_in_the_dialog_and_changes_nothing()
    {
        await using var server = await ConsolePage.StartAsync((Reader, "reader", "subscribe"));
        await server.CreateAsync(["news"]);
        await using var browser = await chromium.OpenConsoleAsync(server, "streams");
        var page = browser.Page;
        await page.SignInAsync(Reader);

        await page.GetByRole(AriaRole.Button, new() { Name = "Remove news" }).ClickAsync();
        await page.ClickAsync("#dialog button[type=submit]");
        await page.HasAsync("#dialog [role=status]", "a token with the grant manage:news is needed");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#dialog")).ToBeHiddenAsync();
        await page.GoAsync("stream/news");
        await page.HasAsync("#one-state", "Live.");
        await page.ClickAsync("#one-publish button[type=submit]");
        await page.HasAsync("#one-published", "a token with the grant publish:news is needed");
        (await server.Http.GetAsync("/v1/streams/news")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [ChromiumFact]
    public async Task A_wrong_token_is_not_tried_again_and_again()
    {
        await using var server = await ConsolePage.StartAsync();
        await using var browser = await chromium.OpenAsync(new Uri("about:blank"));
        var page = browser.Page;
        await page.Clock.InstallAsync();
        await page.GotoAsync(new Uri(server.Url, "console#/cluster").ToString());
        var tries = 0;
        page.Request += (_, request) =>
        {
            if (request.Url.EndsWith("/v1/cluster", StringComparison.Ordinal) && request.Headers.ContainsKey("authorization"))
                Interlocked.Increment(ref tries);
        };

        await page.FillAsync("#token", "a-token-of-nobody-at-all");
        await page.PressAsync("#token", "Tab");
        await page.HasAsync("#nodes-note", "The token is not known.");
        await page.Clock.RunForAsync(60_000);
        Volatile.Read(ref tries).ShouldBe(1);

        // A right one is used again.
        await page.FillAsync("#token", ConsolePage.Operator);
        await page.PressAsync("#token", "Tab");
        await Eventually.Until(async () =>
        {
            await page.Clock.RunForAsync(10_000);
            return Volatile.Read(ref tries) > 3;
        }, "the list is asked for again");
    }
}
