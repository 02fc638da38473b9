using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Streams;

/// <summary>What a <see cref="StreamChange"/> has written. Nobody on the way looks into it.</summary>
internal sealed class StreamCommand(ReadOnlyMemory<byte> bytes) : Command
{
    /// <summary>Changes nothing: its commit proves that whoever proposed it was still the owner.</summary>
    internal static StreamCommand Nothing { get; } = new(default);

    /// <summary>Part of the wire contract.</summary>
    internal static CommandCodec Codec { get; } = new CommandCodec<StreamCommand>(
        16, static (c, to) => to.Raw(c.Bytes.Span), static (ref WireReader from) => new StreamCommand(from.Rest()));

    internal ReadOnlyMemory<byte> Bytes => bytes;

    internal override int Size => bytes.Length + 16;
}
