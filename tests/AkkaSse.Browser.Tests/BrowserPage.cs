using System.Collections.Concurrent;
using System.Text.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;
using Microsoft.Playwright;

namespace AkkaSse.Browser.Tests;

/// <summary>One page, and an EventSource of a test's own in it.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly bool _isTab;
    private readonly ConcurrentQueue<string> _faults = new();

    internal BrowserPage(IBrowserContext context, IPage page, bool isTab = false)
    {
        _context = context;
        _isTab = isTab;
        Page = page;
        page.SetDefaultTimeout((float)Eventually.Longest.TotalMilliseconds);
        page.PageError += (_, error) => _faults.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
                _faults.Enqueue(message.Text);
        };
    }

    internal IPage Page { get; }

    /// <summary>Another tab of the same browser and profile. Its end is that of a tab that a user closes.</summary>
    internal async Task<BrowserPage> OpenTabAsync(Uri url)
    {
        var tab = new BrowserPage(_context, await _context.NewPageAsync(), isTab: true);
        await tab.Page.GotoAsync(url.ToString());
        return tab;
    }

    /// <summary>Opens a plain EventSource that keeps what it is told under <c>window.seen</c>.</summary>
    internal Task ListenAsync(string url, params string[] types) => Page.EvaluateAsync(
        """
        ([url, types]) => {
          window.seen = [];
          window.opens = 0;
          window.source = new EventSource(url);
          window.source.onopen = () => window.opens++;
          for (const type of ["message", "hub.open", "hub.gap", "hub.drain", "hub.end", ...types])
            window.source.addEventListener(type, e => window.seen.push({ type, id: e.lastEventId, data: e.data }));
        }
        """, new object[] { url, types });

    /// <summary>
    /// Waits until the EventSource has seen an event of a type (with this data, if given); says what it saw when that never comes.
    /// </summary>
    internal async Task WaitForAsync(string type, string? data = null, int count = 1)
    {
        try
        {
            await Page.WaitForFunctionAsync(
                "([type, data, count]) => window.seen.filter(e => e.type === type && (data === null || e.data === data)).length >= count",
                new object?[] { type, data, count });
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(
                $"{count} of type {type}{(data is null ? "" : $" with data {data}")} did not come. Seen: " +
                $"{JsonSerializer.Serialize(await SeenAsync())}");
        }
    }

    /// <summary>Everything the EventSource has seen.</summary>
    internal async Task<Seen[]> SeenAsync()
    {
        var json = await Page.EvaluateAsync<string>("() => JSON.stringify(window.seen)");
        return JsonSerializer.Deserialize<Seen[]>(json, JsonSerializerOptions.Web)!;
    }

    /// <summary>The data of the events that were published, in the order seen.</summary>
    internal async Task<string[]> DataAsync() =>
        [.. (await SeenAsync()).Where(e => !e.Type.StartsWith("hub.", StringComparison.Ordinal)).Select(e => e.Data)];

    /// <summary>The EventSource's readyState: 0 connecting, 1 open, 2 closed.</summary>
    internal Task<int> ReadyStateAsync() => Page.EvaluateAsync<int>("() => window.source.readyState");

    public async ValueTask DisposeAsync()
    {
        if (_isTab) await Page.CloseAsync();
        else await _context.DisposeAsync();
        _faults.ShouldBeEmpty("the page raised no error and wanted nothing that its policy forbids");
    }
}

/// <summary>One event as the browser gave it to a listener.</summary>
internal sealed record Seen(string Type, string Id, string Data);
