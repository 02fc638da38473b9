using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

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
