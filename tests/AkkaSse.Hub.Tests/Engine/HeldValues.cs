using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Tests.Engine;

/// <summary>Values behind a door: while it is shut nothing is read, as while the owner of the values is away.</summary>
internal sealed class HeldValues(IKeyValueEngine inner) : IKeyValueEngine
{
    private volatile TaskCompletionSource? _open;

    internal void Shut() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Open() => _open?.TrySetResult();

    public ValueTask<EngineAnswer<long?>> PutAsync(
        string key, ReadOnlyMemory<byte> value, TimeSpan ttl, long? expected, CancellationToken cancellation) =>
        inner.PutAsync(key, value, ttl, expected, cancellation);

    public async ValueTask<EngineAnswer<VersionedValue?>> GetAsync(string key, CancellationToken cancellation)
    {
        if (_open is { } open) await open.Task.WaitAsync(cancellation);
        return await inner.GetAsync(key, cancellation);
    }

    public ValueTask<EngineAnswer<bool>> DeleteAsync(string key, long? version, CancellationToken cancellation) =>
        inner.DeleteAsync(key, version, cancellation);
}
