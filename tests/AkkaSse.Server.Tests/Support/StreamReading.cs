using System.Text.Json;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Support;

/// <summary>A subscriber over real HTTP, read event by event.</summary>
internal sealed class StreamReading : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem> _items;
    private readonly CancellationTokenSource _end = new();

    private StreamReading(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _items = SseReader.ReadAllAsync(body, cancellationToken: _end.Token).GetAsyncEnumerator();
    }

    internal HttpResponseMessage Response => _response;

    /// <summary>The last <c>retry:</c> seen, in a block of its own or with an event.</summary>
    internal TimeSpan? Retry { get; private set; }

    internal static async Task<StreamReading> OpenAsync(HttpClient http, string pathAndQuery, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, pathAndQuery);
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new StreamReading(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event, or null when the server ended the response cleanly.</summary>
    internal async Task<SseEvent?> NextAsync()
    {
        // One deadline for the call: heartbeats are no progress.
        using var limit = Eventually.Limit();
        try
        {
            while (await _items.MoveNextAsync().AsTask().WaitAsync(limit.Token))
            {
                if (_items.Current.Retry is { } retry) Retry = retry;
                if (_items.Current.Event is not { } e) continue;
                if (e.Retry is { } own) Retry = own;
                return e;
            }
            return null;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"No event came in time on {_response.RequestMessage?.RequestUri}.");
        }
    }

    /// <summary>The next event of a type; others before it are skipped.</summary>
    internal async Task<SseEvent> NextAsync(string type)
    {
        while (await NextAsync() is { } e)
        {
            if ((e.Type ?? "message") == type) return e;
        }
        throw new InvalidOperationException($"The stream ended before an event of type {type}.");
    }

    internal static JsonElement Json(SseEvent e) => JsonDocument.Parse(e.Data!).RootElement;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _response.Dispose();
        _end.Dispose();
    }
}
