using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AkkaSse.PublishRig;

/// <summary>Where a load publishes to. Thread-safe after <see cref="BeginAsync"/>.</summary>
internal abstract class PublishTarget(LoadOptions options) : IAsyncDisposable
{
    private long _acknowledged;

    private protected LoadOptions Options => options;

    private protected string Prefix { get; } = "rig" + Guid.NewGuid().ToString("n")[..8];

    /// <summary>Events of one request.</summary>
    internal virtual int EventsEach => 1;

    internal long Acknowledged => Interlocked.Read(ref _acknowledged);

    internal static PublishTarget Of(LoadOptions options) => options.Kind switch
    {
        "request" => new RequestTarget(options),
        "batch" => new BatchTarget(options),
        "client" => new ClientTarget(options),
        "jetstream" => new JetStreamTarget(options),
        _ => throw new FormatException($"{options.Kind} is no load; request, batch, client and jetstream are."),
    };

    internal virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>Null, or why it was not acknowledged.</summary>
    internal async ValueTask<string?> PublishAsync(int publisher, int stream)
    {
        var error = await SendAsync(publisher % options.Nodes.Count, stream).ConfigureAwait(false);
        if (error is null) Interlocked.Add(ref _acknowledged, EventsEach);
        return error;
    }

    /// <summary>Events that are stored, over all streams.</summary>
    internal abstract Task<long> StoredAsync();

    private protected abstract ValueTask<string?> SendAsync(int node, int stream);

    public abstract ValueTask DisposeAsync();
}

/// <summary>One HTTP request for each event.</summary>
internal class RequestTarget : PublishTarget
{
    private readonly HttpClient[] _nodes;
    private readonly byte[] _body;

    internal RequestTarget(LoadOptions options)
        : base(options)
    {
        _nodes = [.. options.Nodes.Select(static node => new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
        {
            BaseAddress = node,
        })];
        _body = Encoding.ASCII.GetBytes(new string('x', options.Bytes));
    }

    internal override async Task<long> StoredAsync()
    {
        var stored = 0L;
        for (var s = 0; s < Options.Streams; s++)
        {
            using var info = JsonDocument.Parse(await _nodes[0].GetStringAsync(PathOf(s)).ConfigureAwait(false));
            stored += info.RootElement.GetProperty("head").GetInt64();
        }
        return stored;
    }

    private protected override ValueTask<string?> SendAsync(int node, int stream) =>
        PostAsync(node, PathOf(stream) + "/events", _body, "text/plain");

    private protected async ValueTask<string?> PostAsync(int node, string path, byte[] body, string type)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        try
        {
            using var answer = await _nodes[node].PostAsync(path, content).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? await CheckAsync(answer).ConfigureAwait(false)
                : $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync().ConfigureAwait(false)}";
        }
        catch (HttpRequestException e)
        {
            return e.HttpRequestError.ToString();
        }
    }

    private protected virtual ValueTask<string?> CheckAsync(HttpResponseMessage answer) => new((string?)null);

    private protected string PathOf(int stream) => $"/v1/streams/{Prefix}-{stream.ToString(CultureInfo.InvariantCulture)}";

    public override ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) node.Dispose();
        return default;
    }
}

/// <summary><c>POST /v1/batch</c>, all events of a request for one stream.</summary>
internal sealed class BatchTarget : RequestTarget
{
    private readonly byte[][] _bodies;

    internal BatchTarget(LoadOptions options)
        : base(options)
    {
        _bodies = new byte[options.Streams][];
        for (var s = 0; s < options.Streams; s++)
        {
            var name = $"{Prefix}-{s.ToString(CultureInfo.InvariantCulture)}";
            var line = $"{{\"stream\":\"{name}\",\"data\":\"{new string('x', options.Bytes)}\"}}\n";
            _bodies[s] = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, options.Batch)));
        }
    }

    internal override int EventsEach => Options.Batch;

    private protected override ValueTask<string?> SendAsync(int node, int stream) =>
        PostAsync(node, "/v1/batch", _bodies[stream], "application/x-ndjson");

    private protected override async ValueTask<string?> CheckAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync().ConfigureAwait(false);
        return text.Contains($"\"accepted\":{Options.Batch.ToString(CultureInfo.InvariantCulture)},", StringComparison.Ordinal)
            ? null
            : text[^Math.Min(text.Length, 200)..];
    }
}
