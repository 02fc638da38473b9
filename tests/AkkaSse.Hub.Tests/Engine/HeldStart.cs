using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;

namespace AkkaSse.Hub.Tests.Engine;

/// <summary>The in-process engine, with a start that takes as long as the test says.</summary>
internal sealed class HeldStart : IHubEngine
{
    private readonly InProcessEngine _inner = new();

    internal TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Starts { get; private set; }

    public string Name => "held";

    public EngineState State => _inner.State;

    public IStreamEngine Streams => _inner.Streams;

    public IClaimEngine Claims => _inner.Claims;

    public INodeEngine Nodes => _inner.Nodes;

    public IKeyValueEngine Values => _inner.Values;

    public long LogBytes => _inner.LogBytes;

    public async ValueTask StartAsync(IEngineHost host, CancellationToken cancellation)
    {
        Starts++;
        await Started.Task.WaitAsync(cancellation);
        if (_inner.State != EngineState.Down) await _inner.StartAsync(host, cancellation);
    }

    public ValueTask DrainAsync(CancellationToken cancellation) => _inner.DrainAsync(cancellation);

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    public void Sweep() => _inner.Sweep();
}
