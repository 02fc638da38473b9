using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Batching;

/// <summary>
/// Messages of one node's actors to actors of another, in the order in which they were sent. A message between nodes costs some 100 µs of
/// both, nearly all of it for waking threads, whatever is in it.
/// </summary>
/// <param name="Bytes">Written by <see cref="OutgoingBatch"/>, read by <see cref="BatchReader"/>.</param>
internal sealed record MessageBatch(ReadOnlyMemory<byte> Bytes) : IWireMessage
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } =
    [
        new WireCodec<MessageBatch>("B1", static (m, to) => to.Raw(m.Bytes.Span), static (ref from) => new MessageBatch(from.Rest())),
    ];
}
