using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>A running node: a hub and the engine it stands on.</summary>
/// <param name="hub">The hub.</param>
/// <param name="engine">Its engine.</param>
/// <param name="patience">How long a single append or claim comes again while it is answered Unavailable, as a publisher or a client does;
/// then nothing was appended or granted. For engines whose streams and ids find their owners by and by.</param>
public sealed class EngineNode(SseHub hub, IHubEngine engine, TimeSpan patience = default) : IAsyncDisposable
{
    public SseHub Hub { get; } = hub;

    public IHubEngine Engine { get; } = engine;

    public IStreamEngine Streams => Engine.Streams;

    public IStreamDirectory Directory => Hub.Streams;

    /// <summary>Appends one event with these data, by the engine itself.</summary>
    public async Task<AppendResult> AppendAsync(string stream, string data, PublishOptions options = default)
    {
        for (var began = GrantedTime.Instance.GetTimestamp(); ;)
        {
            var result = (await AppendAsync(stream, [new AppendItem(new SseEvent { Data = data }, options)]))[0];
            if (result.Status != PublishStatus.Unavailable || GrantedTime.Instance.GetElapsedTime(began) >= patience) return result;
            // An engine that does not serve refuses at once.
            await Task.Delay(50);
        }
    }

    /// <summary>Claims an id; as with an append, what is answered Unavailable was not granted and comes again.</summary>
    public async Task<ClaimResult> ClaimAsync(ClaimRequest request)
    {
        for (var began = GrantedTime.Instance.GetTimestamp(); ;)
        {
            var result = await Engine.Claims.ClaimAsync(request, CancellationToken.None);
            if (result.Status != ClaimStatus.Unavailable || GrantedTime.Instance.GetElapsedTime(began) >= patience) return result;
            await Task.Delay(50);
        }
    }

    public async Task<AppendResult[]> AppendAsync(string stream, params AppendItem[] items)
    {
        var results = new AppendResult[items.Length];
        await Streams.AppendAsync(stream, items, results, CancellationToken.None);
        return results;
    }

    /// <summary>All retained data, read page by page.</summary>
    public async Task<List<string>> ReadAllAsync(string stream, int page = 1000)
    {
        var all = new List<string>();
        StreamPosition? after = null;
        while (true)
        {
            var read = await Streams.ReadAsync(stream, after, page, CancellationToken.None);
            all.AddRange(read.Events.Select(static e => e.Event.Data!));
            if (!read.HasMore) return all;
            after = read.Events[^1].Position;
        }
    }

    public ValueTask DisposeAsync() => Hub.DisposeAsync();
}
