using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Engine.InProcess;

namespace AkkaSse.Hub.Tests.Engine;

/// <summary>Values behind a door: while it is shut nothing is read, as while the owner of the values is away.</summary>
internal sealed class HeldValues : IKeyValueEngine
{
    private readonly IKeyValueEngine _inner = new InProcessEngine().Values;
    private volatile TaskCompletionSource _open = new();

    internal HeldValues() => Open();

    internal void Shut() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Open() => _open.TrySetResult();

    public ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation) =>
        _inner.PutAsync(key, value, ttl, expected, cancellation);

    public async ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation)
    {
        await _open.Task.WaitAsync(cancellation);
        return await _inner.GetAsync(key, cancellation);
    }

    public ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation) =>
        _inner.DeleteAsync(key, version, cancellation);
}
