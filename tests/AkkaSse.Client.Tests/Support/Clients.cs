using System.Text;

namespace AkkaSse.Client.Tests;

internal static class Clients
{
    public static readonly ReconnectPolicy Quick = ReconnectPolicy.Custom(_ => TimeSpan.FromMilliseconds(1));

    /// <summary>A client that reconnects at once, for tests that are not about the delay.</summary>
    public static SseClient Create(string url, Action<SseClientOptions>? configure = null)
    {
        var options = new SseClientOptions { Url = new Uri(url), Reconnect = Quick };
        configure?.Invoke(options);
        return new SseClient(options);
    }

    /// <summary>Everything a client makes of these bytes, given to it in pieces of so many.</summary>
    public static async Task<List<SseNotification>> ReadAsync(byte[] bytes, int chunk, Action<SseClientOptions>? configure = null)
    {
        var options = new SseClientOptions
        {
            Url = new Uri("http://127.0.0.1/events"),
            Reconnect = ReconnectPolicy.None,
            Handler = new ChunkedHandler(bytes, chunk),
        };
        configure?.Invoke(options);
        await using var client = new SseClient(options);
        return await client.WatchAsync().TakeWithin(int.MaxValue);
    }

    public static async Task<List<SseEvent>> EventsAsync(
        string text, int chunk = int.MaxValue, Action<SseClientOptions>? configure = null) =>
        [.. (await ReadAsync(Encoding.UTF8.GetBytes(text), chunk, configure)).OfType<SseEventReceived>().Select(e => e.Event)];
}
