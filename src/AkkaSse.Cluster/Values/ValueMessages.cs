using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Replication;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Values;

/// <summary>What may be asked of a key.</summary>
internal enum ValueAsk : byte
{
    Get = 1,
    Put = 2,
    Delete = 3,

    /// <summary>Let go of what has ended.</summary>
    Tidy = 4,
}

/// <summary>A question to a key's owner, through the region.</summary>
/// <param name="Entity">The key.</param>
/// <param name="Ask">What.</param>
/// <param name="Expected">The version that must be the present one; null: any.</param>
internal sealed record ValueQuestion(string Entity, ValueAsk Ask, long? Expected) : IEntityMessage
{
    internal ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>In milliseconds.</summary>
    internal long Ttl { get; init; }
}

/// <summary>The answer.</summary>
/// <param name="Done">Whether the key is there, or was written, or deleted.</param>
/// <param name="Version">Its version.</param>
/// <param name="Bytes">Its value, for a get.</param>
internal sealed record ValueAnswer(bool Done, long Version, ReadOnlyMemory<byte> Bytes) : IWireMessage;

/// <summary>The wire forms of what goes between a key's owner and the nodes.</summary>
internal static class ValuesWire
{
    internal static IReadOnlyList<WireCodec> Codecs { get; } =
    [
        new WireCodec<ValueQuestion>("V1", static (m, to) =>
        {
            to.Text(m.Entity);
            to.Byte((byte)m.Ask);
            to.Bool(m.Expected is not null);
            to.Int(m.Expected ?? 0);
            to.Blob(m.Bytes.Span);
            to.Int(m.Ttl);
        }, static (ref WireReader from) =>
        {
            var key = from.RequiredText();
            var ask = (ValueAsk)from.Byte();
            var any = !from.Bool();
            var expected = from.Int();
            return new ValueQuestion(key, ask, any ? null : expected) { Bytes = from.Blob(), Ttl = from.Int() };
        }),
        new WireCodec<ValueAnswer>("V2", static (m, to) =>
        {
            to.Bool(m.Done);
            to.Int(m.Version);
            to.Blob(m.Bytes.Span);
        }, static (ref WireReader from) => new ValueAnswer(from.Bool(), from.Int(), from.Blob())),
    ];

    internal static IReadOnlyList<CommandCodec> Commands { get; } = [ValueCommand.Codec];
}
