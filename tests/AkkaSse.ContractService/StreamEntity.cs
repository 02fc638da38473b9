using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using AkkaSse.Client;

namespace AkkaSse.ContractService;

/// <summary>One client under test; tells the harness everything it sees, in order and one at a time.</summary>
internal sealed class StreamEntity : IAsyncDisposable
{
    // A browser's reconnection time (WHATWG HTML section 9.2.2: "a few seconds").
    private static readonly TimeSpan BrowserRetry = TimeSpan.FromSeconds(3);

    // The harness also tests how large payloads may be.
    private const int MaxBytes = 64 * 1024 * 1024;

    private static readonly HttpClient Callbacks = new();

    private readonly StreamParameters _parameters;
    private readonly SseClient _client;
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;
    private int _sent;

    /// <exception cref="ArgumentException">The parameters do not make a client.</exception>
    public StreamEntity(StreamParameters parameters)
    {
        _parameters = parameters;
        var options = new SseClientOptions
        {
            Url = parameters.StreamUrl,
            LastEventId = parameters.LastEventId,
            IdleTimeout = parameters.ReadTimeout,
            MaxEventBytes = MaxBytes,
            MaxLineBytes = MaxBytes,
            DeliverHubEvents = true,
            RequestFactory = (context, _) => ValueTask.FromResult(Request(context)),
            Permanent = parameters.Browser ? PermanentFailures.Browser : PermanentFailures.Standard,
            Reconnect = parameters.InitialDelay is { } delay ? ReconnectPolicy.Fixed(delay)
                : parameters.Browser ? ReconnectPolicy.Fixed(BrowserRetry)
                : ReconnectPolicy.Default,
        };
        foreach (var (name, value) in parameters.Headers)
        {
            options.Headers[name] = value;
        }

        _client = new SseClient(options);
    }

    public void Start() => _run = RunAsync();

    public void Restart() => _client.Restart();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _client.DisposeAsync();
        await _run;
    }

    private HttpRequestMessage Request(SseRequestContext context)
    {
        var request = new HttpRequestMessage(_parameters.Method, context.Url);
        if (_parameters.Body is { } body)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain", "utf-8");
        }

        return request;
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var notification in _client.WatchAsync(_stop.Token))
            {
                if (Message(notification) is { } message)
                {
                    await PostAsync(message);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Closed by the harness.
        }
        catch (HttpRequestException e)
        {
            await Console.Error.WriteLineAsync($"The harness does not take callbacks any more: {e.Message}");
        }
    }

    private JsonObject? Message(SseNotification notification) => notification switch
    {
        SseOpened when _parameters.Browser => new JsonObject { ["kind"] = "open" },
        SseEventReceived { Event: var e } => new JsonObject
        {
            ["kind"] = "event",
            ["event"] = new JsonObject { ["type"] = e.Type ?? SseClient.DefaultType, ["data"] = e.Data, ["id"] = e.LastEventId },
        },
        SseCommentReceived comment => new JsonObject { ["kind"] = "comment", ["comment"] = comment.Comment },
        SseDisconnected { Error: { } error } lost => Error(error.Message, !lost.WillRetry),
        SseFaulted fault => Error(fault.Error.Message, false),
        _ => null,
    };

    private JsonObject Error(string message, bool fatal)
    {
        var json = new JsonObject { ["kind"] = "error", ["error"] = message, ["comment"] = message };
        if (_parameters.Browser)
        {
            json["fatal"] = fatal;
        }

        return json;
    }

    private async Task PostAsync(JsonObject message)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(message.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await Callbacks.PostAsync($"{_parameters.CallbackUrl}/{++_sent}", content, _stop.Token);
    }
}
