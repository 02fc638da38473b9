using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Values;

/// <summary>Keys as logs.</summary>
internal sealed class ValueKind : LogKind<ValueState>
{
    internal override string HostName => "akkasse-values";

    public override ValueState Create() => new();

    public override ValueState Restore(object snapshot) => new() { Value = (StoredValue)snapshot };

    internal override IReadOnlyList<byte[]> Split(object snapshot, int partBytes)
    {
        var writer = new WireWriter();
        ((StoredValue)snapshot).Write(writer);
        return [writer.Take()];
    }

    internal override object Join(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var from = new WireReader(parts[0]);
        return StoredValue.Read(ref from);
    }
}
