using System.Text.Json;
using AkkaSse.Testing;

namespace AkkaSse.Browser.Tests.Support;

/// <summary>Subscriptions of <c>akkasse.js</c> in a page.</summary>
internal static class ClientPage
{
    /// <summary>
    /// Subscribes. What comes is kept as <see cref="BrowserPage.ListenAsync"/> keeps it, states under <c>window.states</c>, and the data
    /// of all events of this tab, over reloads, in its sessionStorage.
    /// </summary>
    /// <param name="page">The page; of an origin that serves the script.</param>
    /// <param name="options">The members of an object in JavaScript.</param>
    internal static Task SubscribeAsync(this BrowserPage page, string options) => page.Page.EvaluateAsync(
        $$"""
        async () => {
          const { subscribe, ticketsFrom } = await import("/akkasse.js");
          window.seen = [];
          window.states = [];
          window.log = [];
          // In time for the next document; handlers run no more.
          addEventListener("pagehide", () => { sessionStorage.log = (sessionStorage.log ?? "") + log.map(d => d + "\n").join(""); });
          const keep = ({ type, id, data }) => {
            if (typeof data === "string") log.push(data);
            seen.push({ type, id, data: typeof data === "string" ? data : JSON.stringify(data) });
          };
          window.subscription = subscribe({
            on: { "*": keep },
            onHub: { "hub.open": keep, "hub.gap": keep, "hub.drain": keep, "hub.end": keep },
            onState: ({ state, error }) => states.push({ state, status: error?.status ?? 0, code: error?.code ?? "" }),
            {{options}}
          });
        }
        """);

    /// <summary>Waits for a state, of a status if one is given; says which there were when it never comes.</summary>
    internal static async Task WaitForStateAsync(this BrowserPage page, string state, int? status = null)
    {
        try
        {
            await page.Page.WaitForFunctionAsync(
                "([state, status]) => states.some(s => s.state === state && (status === null || s.status === status))",
                new object?[] { state, status });
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The state {state} {status} did not come, but: "
                + await page.Page.EvaluateAsync<string>("() => JSON.stringify([states, seen])"));
        }
    }

    /// <summary>The data of all events that this tab was given, over reloads.</summary>
    internal static async Task<string[]> LogAsync(this BrowserPage page)
    {
        var text = await page.Page.EvaluateAsync<string>("() => (sessionStorage.log ?? '') + (window.log ?? []).join('\\n')");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Waits until this tab was given an event.</summary>
    internal static Task WaitForLogAsync(this BrowserPage page, string data) => Eventually.Until(
        async () => (await page.LogAsync()).Contains(data), () => $"the event {data}");

    /// <summary>The ids of the clients that a node has.</summary>
    internal static async Task<string[]> ClientsAsync(HttpClient http)
    {
        using var answer = JsonDocument.Parse(await http.GetStringAsync("/v1/clients?limit=1000"));
        return [.. answer.RootElement.GetProperty("clients").EnumerateArray().Select(static c => c.GetProperty("id").GetString()!)];
    }
}
