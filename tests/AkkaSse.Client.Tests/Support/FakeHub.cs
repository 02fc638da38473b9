using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.Client.Tests;

/// <summary>The publishing side of a hub, reduced to what a client can tell: logs, keys, and faults on demand.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string Body, string Answer)> _keys = new();
    private readonly ConcurrentDictionary<string, int> _inFlight = new();
    private WebHost _host = null!;
    private int _requests;

    /// <summary>
    /// What to do with request n (from 1) instead of a plain answer; null answers. "lost" acts and breaks the connection.
    /// </summary>
    public Func<int, HttpContext, string?> Fault { get; set; } = (_, _) => null;

    /// <summary>Awaited in every request before it acts.</summary>
    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public ConcurrentDictionary<string, List<JsonElement>> Logs { get; } = new();

    public ConcurrentQueue<(string? Key, int Items, string Body)> Batches { get; } = new();

    public string Url => _host.Url;

    public int Requests => Volatile.Read(ref _requests);

    public bool Overlapped { get; private set; }

    public static async Task<FakeHub> StartAsync()
    {
        var hub = new FakeHub();
        hub._host = await WebHost.StartAsync(app => app.MapPost("/v1/batch", hub.BatchAsync));
        return hub;
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private async Task BatchAsync(HttpContext context)
    {
        var number = Interlocked.Increment(ref _requests);
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var items = body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        string? key = context.Request.Headers["Idempotency-Key"];
        Batches.Enqueue((key, items.Count, body));
        await Before();
        var fault = Fault(number, context);
        if (fault is not null and not "lost")
        {
            context.Response.StatusCode = int.Parse(fault[..3]);
            await context.Response.WriteAsync($"{{\"status\":{fault[..3]},\"detail\":\"{fault}\",\"code\":\"x\"}}");
            return;
        }

        var streams = items.Select(Name).Distinct().ToList();
        streams.ForEach(s => Overlapped |= _inFlight.AddOrUpdate(s, 1, (_, n) => n + 1) > 1);
        string answer;
        if (key is not null && _keys.TryGetValue(key, out var known))
        {
            known.Body.ShouldBe(body);
            answer = known.Answer.Replace("\"duplicate\":false", "\"duplicate\":true", StringComparison.Ordinal);
        }
        else
        {
            answer = "{\"results\":[" + string.Join(',', items.Select(Append)) + "]}";
            if (key is not null)
            {
                _keys[key] = (body, answer);
            }
        }

        streams.ForEach(s => _inFlight.AddOrUpdate(s, 0, (_, n) => n - 1));
        if (fault == "lost")
        {
            context.Abort();
            return;
        }

        await context.Response.WriteAsync(answer);
    }

    private static string Name(JsonElement item) => item.TryGetProperty("stream", out var s) ? s.GetString()!
        : item.TryGetProperty("client", out var c) ? "client " + c.GetString()
        : item.TryGetProperty("zone", out var z) ? "zone " + z.GetString() : "all";

    private string Append(JsonElement item)
    {
        var name = Name(item);
        if (name.Contains("unknown", StringComparison.Ordinal))
        {
            return "{\"status\":404,\"code\":\"stream-not-found\",\"detail\":\"no such\"}";
        }

        var log = Logs.GetOrAdd(name, _ => []);
        lock (log)
        {
            log.Add(item);
            return name.StartsWith("client", StringComparison.Ordinal)
                ? "{\"status\":202,\"client\":\"c\",\"zone\":\"z1\"}"
                : $"{{\"status\":202,\"stream\":\"{name}\",\"id\":\"{log.Count}-k\",\"offset\":{log.Count}," +
                  $"\"epoch\":\"k\",\"localReaders\":3,\"duplicate\":false}}";
        }
    }

    public List<string?> Data(string stream)
    {
        var log = Logs.GetValueOrDefault(stream, []);
        lock (log)
        {
            return [.. log.Select(i => i.TryGetProperty("data", out var d) ? d.GetString() : null)];
        }
    }
}
