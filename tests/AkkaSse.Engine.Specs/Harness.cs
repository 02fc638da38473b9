using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>What a suite needs of an engine: nodes that share one store (a process, a database, a cluster), fresh for each test.</summary>
public interface IEngineHarness : IAsyncDisposable
{
    /// <summary>Starts a node and waits until its engine is Ready.</summary>
    /// <param name="name">The node's name; distinct among the nodes of one harness.</param>
    /// <param name="configure">Changes to the options, which have AutoCreate on.</param>
    ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null);
}

/// <summary>A harness whose engine takes its time from a clock that the test moves.</summary>
public interface IManualTimeHarness : IEngineHarness
{
    /// <summary>Moves the engine's clock.</summary>
    ValueTask AdvanceAsync(TimeSpan by);
}

/// <summary>A running node: a hub and the engine it stands on.</summary>
/// <param name="hub">The hub.</param>
/// <param name="engine">Its engine.</param>
/// <param name="patience">How long a single append or claim comes again while it is answered Unavailable, as a publisher or a client does; then nothing was appended or granted. For engines whose streams and ids find their owners by and by.</param>
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

/// <summary>Base of all suites: one harness per test.</summary>
public abstract class EngineSpecs : IAsyncLifetime
{
    /// <summary>A fresh harness.</summary>
    protected abstract IEngineHarness CreateHarness();

    protected IEngineHarness Harness { get; private set; } = null!;

    /// <summary>Waits until the engine's count of streams, which may be behind on several nodes, is this.</summary>
    protected virtual Task CountedAsync(int streams) => Task.CompletedTask;

    protected static SseEvent Event(string data, string? type = null, string? id = null) => new() { Data = data, Type = type, Id = id };

    protected static AppendItem Item(string data, PublishOptions options = default) => new(Event(data), options);

    public virtual Task InitializeAsync()
    {
        Harness = CreateHarness();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await Harness.DisposeAsync();
}

/// <summary>What an answer says in a test that takes no "unavailable".</summary>
public static class EngineAnswers
{
    public static T Known<T>(this EngineAnswer<T> answer)
    {
        answer.IsKnown.ShouldBeTrue("the engine cannot say now");
        answer.TryGet(out var value);
        return value!;
    }
}

/// <summary>A sink that counts.</summary>
public sealed class RecordingSink : IStreamSink
{
    private int _changes;
    private int _removals;

    public int Changes => Volatile.Read(ref _changes);

    public int Removals => Volatile.Read(ref _removals);

    public void OnChanged() => Interlocked.Increment(ref _changes);

    public void OnRemoved() => Interlocked.Increment(ref _removals);
}
