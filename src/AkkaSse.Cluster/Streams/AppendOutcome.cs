using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>How neighbouring items of a request ended that ended alike.</summary>
/// <param name="Count">How many.</param>
/// <param name="Status">How.</param>
/// <param name="Epoch">Of the positions.</param>
/// <param name="Offset">With offsets: of the first item, the others follow it; without: the head.</param>
internal readonly record struct AppendOutcome(int Count, PublishStatus Status, string Epoch, long Offset)
{
    internal bool HasOffset { get; init; }

    internal bool Duplicate { get; init; }

    /// <summary>Whether the publisher's ids are the wire ids.</summary>
    internal bool CallerIds { get; init; }

    internal string? Error { get; init; }

    internal void Write(WireWriter to)
    {
        to.UInt((ulong)Count);
        to.Byte((byte)Status);
        to.Text(Epoch);
        to.Int(Offset);
        to.Byte((byte)((HasOffset ? 1 : 0) | (Duplicate ? 2 : 0) | (CallerIds ? 4 : 0)));
        to.Text(Error);
    }

    internal static AppendOutcome Read(ref WireReader from)
    {
        var count = (int)from.UInt();
        var status = (PublishStatus)from.Byte();
        var epoch = from.RequiredText();
        var offset = from.Int();
        var flags = from.Byte();
        return new AppendOutcome(count, status, epoch, offset)
        {
            HasOffset = (flags & 1) != 0,
            Duplicate = (flags & 2) != 0,
            CallerIds = (flags & 4) != 0,
            Error = from.Text(),
        };
    }
}
