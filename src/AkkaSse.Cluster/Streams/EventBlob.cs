using System.Buffers.Binary;
using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Cluster.Streams;

/// <summary>What an owner must know of an event without decoding it.</summary>
[Flags]
internal enum ItemMarks : byte
{
    None = 0,

    /// <summary>A comment or a retry: no offset, for readers that are there.</summary>
    Transient = 1,

    /// <summary>The id "", which logged streams refuse.</summary>
    EmptyId = 2,

    /// <summary>Data that only streams with base64 take.</summary>
    NotUtf8 = 4,

    /// <summary>May create the stream.</summary>
    MayCreate = 8,
}

/// <summary>
/// An event as nodes hand it to one another: four bytes with its length, then what <see cref="EventCodec"/> writes. Written once by the
/// node that publishes; owner, voters and followers pass the bytes on. The same event has the same bytes: their hash is the event's.
/// Publish time and offset are the run's, and what the stream's options make of it is decided where it is read.
/// </summary>
internal static class EventBlob
{
    /// <summary>Bytes before each event.</summary>
    internal const int LengthBytes = 4;

    private const int MessageBytes = 32;

    /// <summary>Writes an event behind what the writer has.</summary>
    internal static ItemMarks Write(WireWriter to, in AppendItem item)
    {
        var begin = to.Begin();
        EventCodec.Write(to, item);
        to.End(begin);
        var e = item.Event;
        return (EventRules.IsTransient(e) ? ItemMarks.Transient : ItemMarks.None)
            | (e.Id is { Length: 0 } ? ItemMarks.EmptyId : ItemMarks.None)
            | (e.DataBytes is { } data && !SseFieldRules.IsUtf8(data.Span) ? ItemMarks.NotUtf8 : ItemMarks.None);
    }

    /// <summary>
    /// Bytes of events when they are written, with what a message adds to each at most: its length, a mark, and a run of its own.
    /// </summary>
    internal static long BytesOf(ReadOnlySpan<AppendItem> items)
    {
        var bytes = 0L;
        foreach (ref readonly var item in items) bytes += EventCodec.BytesOf(item) + MessageBytes;
        return bytes;
    }

    /// <summary>Bytes of the event that begins there, its length included.</summary>
    internal static int SizeAt(ReadOnlySpan<byte> blob, int at) => LengthBytes + BinaryPrimitives.ReadInt32LittleEndian(blob[at..]);

    /// <summary>When the event that begins there expires by its own ttl, in milliseconds since 1970; 0 for never.</summary>
    internal static long ExpiryAt(ReadOnlySpan<byte> blob, int at, long publishedAt) =>
        EventRules.ExpiryOf(EventCodec.TtlOf(EventAt(blob, at)), publishedAt);

    /// <summary>Whether the event that begins there has this id of its publisher.</summary>
    /// <param name="blob">Events.</param>
    /// <param name="at">Where one begins.</param>
    /// <param name="id">The id in UTF-8.</param>
    internal static bool HasIdAt(ReadOnlySpan<byte> blob, int at, ReadOnlySpan<byte> id) =>
        EventCodec.TryGetId(EventAt(blob, at), out var found) && found.SequenceEqual(id);

    /// <summary>Reads an event; its data are a slice of the blob.</summary>
    internal static StoredEvent Read(ReadOnlyMemory<byte> blob, int at, long offset, long publishedAt, RunFlags run)
    {
        var item = EventCodec.Read(blob.Slice(at + LengthBytes, SizeAt(blob.Span, at) - LengthBytes));
        var ids = (run & RunFlags.CallerIds) != 0 ? StreamIds.Caller : StreamIds.Hub;
        return StoredEvent.Of(item, offset, publishedAt, ids, (run & RunFlags.Base64) != 0);
    }

    private static ReadOnlySpan<byte> EventAt(ReadOnlySpan<byte> blob, int at) =>
        blob.Slice(at + LengthBytes, SizeAt(blob, at) - LengthBytes);
}
