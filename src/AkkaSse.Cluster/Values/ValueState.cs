using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Values;

/// <summary>One key as its replicated log makes it.</summary>
internal sealed class ValueState : IReplicatedState
{
    internal StoredValue Value { get; init; } = StoredValue.None;

    private StoredValue? _now;

    internal StoredValue Current => _now ?? Value;

    public void Apply(Entry entry)
    {
        if (entry.Command is ValueCommand { Value: { } value }) _now = value;
    }

    public object Snapshot() => Current;
}
