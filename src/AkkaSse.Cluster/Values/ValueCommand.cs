using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Values;

/// <summary>A key has another value; or, without one, nothing: its commit proves that its owner was the owner.</summary>
internal sealed class ValueCommand(StoredValue? value) : Command
{
    internal static ValueCommand Nothing { get; } = new(null);

    /// <summary>Part of the wire contract.</summary>
    internal static CommandCodec Codec { get; } = new CommandCodec<ValueCommand>(
        64,
        static (c, to) => c.Value?.Write(to),
        static (ref WireReader from) => from.HasMore ? new ValueCommand(StoredValue.Read(ref from)) : Nothing);

    internal StoredValue? Value => value;

    internal override int Size => 32 + (value?.Bytes?.Length ?? 0);
}
