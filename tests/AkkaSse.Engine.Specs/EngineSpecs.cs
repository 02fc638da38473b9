using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>Base of all suites: one harness per test.</summary>
public abstract class EngineSpecs : IAsyncLifetime
{
    protected EngineSpecs() => SpecMessages.Choose();

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
