using System.Buffers.Binary;
using System.Text;
using AkkaSse.Cluster.Wire;
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
/// An event as nodes hand it to one another: four bytes of length, then its parts. Written once by the node that publishes; owner, voters and followers pass the bytes on.
/// The same event has the same bytes: their hash is the event's. Publish time and offset are the run's, and what the stream's options make of it is decided where it is read.
/// </summary>
internal static class EventBlob
{
    private const byte HasData = 1, HasType = 2, HasId = 4, HasComment = 8, HasRetry = 16, HasFields = 32, HasTtl = 64, HasKey = 128;

    /// <summary>Bytes before each event.</summary>
    internal const int LengthBytes = 4;

    /// <summary>Writes an event behind what the writer has.</summary>
    internal static ItemMarks Write(WireWriter to, in AppendItem item)
    {
        var e = item.Event;
        var begin = to.Begin();
        var data = e.DataBytes;
        to.Byte((byte)((data is null ? 0 : HasData) | (e.Type is null ? 0 : HasType) | (e.Id is null ? 0 : HasId) | (e.Comment is null ? 0 : HasComment)
            | (e.Retry is null ? 0 : HasRetry) | (e.Fields.Count == 0 ? 0 : HasFields) | (item.Options.Ttl is null ? 0 : HasTtl) | (item.Options.ConflateKey is null ? 0 : HasKey)));
        if (e.Type is { } type) to.Text(type);
        if (e.Id is { } id) to.Text(id);
        if (e.Comment is { } comment) to.Text(comment);
        if (e.Retry is { } retry) to.Int(retry.Ticks);
        if (e.Fields.Count > 0)
        {
            to.UInt((ulong)e.Fields.Count);
            for (var i = 0; i < e.Fields.Count; i++)
            {
                to.Text(e.Fields[i].Key);
                to.Text(e.Fields[i].Value);
            }
        }
        if (item.Options.Ttl is { } ttl) to.Int(Math.Max(1, (long)ttl.TotalMilliseconds));
        if (item.Options.ConflateKey is { } key) to.Text(key);
        if (data is { } bytes) to.Raw(bytes.Span);
        to.End(begin);
        return (data is null ? ItemMarks.Transient : ItemMarks.None)
            | (e.Id is { Length: 0 } ? ItemMarks.EmptyId : ItemMarks.None)
            | (data is { } d && !SseFieldRules.IsUtf8(d.Span) ? ItemMarks.NotUtf8 : ItemMarks.None);
    }

    /// <summary>Bytes of the event that begins there, its length included.</summary>
    internal static int SizeAt(ReadOnlySpan<byte> blob, int at) => LengthBytes + BinaryPrimitives.ReadInt32LittleEndian(blob[at..]);

    /// <summary>When the event that begins there expires by its own ttl, in milliseconds since 1970; 0 for never.</summary>
    internal static long ExpiryAt(ReadOnlyMemory<byte> blob, int at, long publishedAt)
    {
        if ((blob.Span[at + LengthBytes] & HasTtl) == 0) return 0;
        var reader = Open(blob, at, out var flags);
        ReadHead(ref reader, flags, out _, out _, out _, out _, out _);
        return publishedAt + reader.Int();
    }

    /// <summary>The publisher's id of the event that begins there.</summary>
    internal static string? IdAt(ReadOnlyMemory<byte> blob, int at)
    {
        if ((blob.Span[at + LengthBytes] & HasId) == 0) return null;
        var reader = Open(blob, at, out var flags);
        if ((flags & HasType) != 0) reader.SkipText();
        return reader.Text();
    }

    /// <summary>Reads an event; its data are a slice of the blob.</summary>
    internal static StoredEvent Read(ReadOnlyMemory<byte> blob, int at, long offset, long publishedAt, RunFlags run)
    {
        var reader = Open(blob, at, out var flags);
        ReadHead(ref reader, flags, out var type, out var id, out var comment, out var retry, out var fields);
        var expiry = (flags & HasTtl) != 0 ? publishedAt + reader.Int() : 0;
        var key = (flags & HasKey) != 0 ? reader.Text() : null;
        var e = (flags & HasData) == 0 ? new SseEvent { Type = type, Id = id, Comment = comment, Retry = retry, Fields = fields }
            : new SseEvent { Type = type, Id = id, Comment = comment, Retry = retry, Fields = fields, DataBytes = reader.Rest() };
        if ((run & RunFlags.Base64) != 0) e = SseBase64.Encode(e);
        return new StoredEvent(offset, publishedAt, e) { CallerId = id is not null && ((run & RunFlags.CallerIds) != 0 || id.Length == 0), ConflateKey = key, Expiry = expiry };
    }

    private static WireReader Open(ReadOnlyMemory<byte> blob, int at, out byte flags)
    {
        var reader = new WireReader(blob.Slice(at + LengthBytes, SizeAt(blob.Span, at) - LengthBytes));
        flags = reader.Byte();
        return reader;
    }

    private static void ReadHead(ref WireReader reader, byte flags, out string? type, out string? id, out string? comment, out TimeSpan? retry, out IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        type = (flags & HasType) != 0 ? TypeNames.Of(reader.TextBytes()) : null;
        id = (flags & HasId) != 0 ? reader.Text() : null;
        comment = (flags & HasComment) != 0 ? reader.Text() : null;
        retry = (flags & HasRetry) != 0 ? TimeSpan.FromTicks(reader.Int()) : null;
        fields = [];
        if ((flags & HasFields) == 0) return;
        var read = new KeyValuePair<string, string>[reader.Length()];
        for (var i = 0; i < read.Length; i++) read[i] = new(reader.RequiredText(), reader.RequiredText());
        fields = read;
    }

    // A stream has few types and many events: the string of the last few is found again instead of made again.
    private static class TypeNames
    {
        private const int Kept = 64;
        private static readonly string?[] s_names = new string?[Kept];

        internal static string? Of(ReadOnlySpan<byte> utf8)
        {
            var hash = (uint)utf8.Length;
            foreach (var b in utf8) hash = (hash * 31) + b;
            ref var place = ref s_names[hash % Kept];
            if (Volatile.Read(ref place) is { } known && Is(known, utf8)) return known;
            var name = Encoding.UTF8.GetString(utf8);
            Volatile.Write(ref place, name);
            return name;
        }

        private static bool Is(string name, ReadOnlySpan<byte> utf8)
        {
            if (name.Length != utf8.Length) return false;
            for (var i = 0; i < name.Length; i++)
            {
                // Equal lengths and an ASCII character each: the same text. Others are made anew.
                if (name[i] != utf8[i] || utf8[i] > 0x7F) return false;
            }
            return true;
        }
    }
}
