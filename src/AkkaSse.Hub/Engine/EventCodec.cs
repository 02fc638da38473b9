using System.Buffers;
using System.Numerics;
using System.Text;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Engine;

/// <summary>
/// The parts of an event that <see cref="EventCodec"/> writes, and of its publisher's options those that stay with it. The numbers are part
/// of the format.
/// </summary>
[Flags]
public enum EventParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The data; empty data are present.</summary>
    Data = 1 << 0,

    /// <summary>The time to live.</summary>
    Ttl = 1 << 1,

    /// <summary>The publisher's id.</summary>
    Id = 1 << 2,

    /// <summary>The type.</summary>
    Type = 1 << 3,

    /// <summary>The conflation key.</summary>
    ConflateKey = 1 << 4,

    /// <summary>The comment.</summary>
    Comment = 1 << 5,

    /// <summary>The reconnection time.</summary>
    Retry = 1 << 6,

    /// <summary>Fields outside the specification.</summary>
    Fields = 1 << 7,

    /// <summary>The trace context.</summary>
    TraceParent = 1 << 8,

    /// <summary>Every part that this version knows.</summary>
    All = (1 << 9) - 1,
}

/// <summary>
/// The bytes of an event with what its publisher said about it, as engines store them and nodes send them to one another. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Version 1: one byte with the version; a varint with the <see cref="EventParts"/> that follow; each of them in ascending order of its
/// number, but the data, which are last and are all that is left. Ttl and retry are varints of ticks (100 ns). A text is a varint with its
/// number of bytes, then UTF-8, in which half a surrogate pair is U+FFFD. Fields are a varint with their number, then name and value of
/// each, in order. A trace context is the byte 25, then its trace id (16 bytes), the id of its span (8) and its flags (1).
/// </para>
/// <para>
/// Neither a length of the whole nor a checksum is among the bytes: the place that has them (a message, a row, a record of a file) knows
/// where they end, and whether they are damaged.
/// </para>
/// <para>
/// A part that a later version adds takes the next number and is a varint with its number of bytes, then these. A reader that does not know
/// the part passes over it, so that nodes of both versions can run side by side. A change that a reader must not pass over takes another
/// version, and a reader refuses versions that it does not know. What is written without a new part has the same bytes as before.
/// </para>
/// <para>Equal items have equal bytes, whether their data were given as text or as UTF-8: engines may hash the bytes.</para>
/// </remarks>
public static class EventCodec
{
    /// <summary>The format's version, the first byte.</summary>
    public const byte Version = 1;

    // Version, parts, ttl, retry, the number of fields and the lengths of four texts take at most 1 + 5 + 10 + 10 + 5 + 4 x 5 bytes.
    private const int FixedBytes = 64;

    // Its length and itself.
    private const int TraceBytes = 1 + TraceParent.Bytes;

    // The lengths of name and value.
    private const int FieldBytes = 10;

    // Each a varint with its number of bytes, and then these.
    private const EventParts Texts = EventParts.Id | EventParts.Type | EventParts.ConflateKey | EventParts.Comment;

    /// <summary>Which parts an item has.</summary>
    /// <param name="item">The event and its publisher's options. Key, principal and whether the stream may be created decide an append and
    /// are no parts.</param>
    public static EventParts PartsOf(in AppendItem item)
    {
        var e = item.Event;
        return (e.HasData ? EventParts.Data : 0)
            | (item.Options.Ttl is null ? 0 : EventParts.Ttl)
            | (e.Id is null ? 0 : EventParts.Id)
            | (e.Type is null ? 0 : EventParts.Type)
            | (item.Options.ConflateKey is null ? 0 : EventParts.ConflateKey)
            | (e.Comment is null ? 0 : EventParts.Comment)
            | (e.Retry is null ? 0 : EventParts.Retry)
            | (e.Fields.Count == 0 ? 0 : EventParts.Fields)
            | (item.Options.TraceParent is null ? 0 : EventParts.TraceParent);
    }

    /// <summary>
    /// What an item counts, in bytes, against every limit of appends (<see cref="AppendLimits"/>): its data, three bytes for each character
    /// of its texts, 10 bytes for each field, 26 for a trace context and 64 for itself. It has never more bytes when it is written.
    /// </summary>
    /// <param name="item">The event and its publisher's options.</param>
    public static long SizeOf(in AppendItem item) => SizeWithoutData(item, item.Event.Fields.Count) + (item.Event.DataBytes?.Length ?? 0);

    /// <summary>The sum of <see cref="SizeOf(in AppendItem)"/> over items.</summary>
    /// <param name="items">The items.</param>
    public static long SizeOf(ReadOnlySpan<AppendItem> items)
    {
        var size = 0L;
        foreach (ref readonly var item in items) size += SizeOf(item);
        return size;
    }

    /// <summary>
    /// The bytes that <see cref="Write"/> writes for an item with all of its parts. It reads every character; <see cref="SizeOf(in
    /// AppendItem)"/> does not.
    /// </summary>
    /// <param name="item">The event and its publisher's options.</param>
    public static long BytesOf(in AppendItem item)
    {
        var e = item.Event;
        var bytes = 1 + Varint((ulong)PartsOf(item)) + TextBytes(e.Id) + TextBytes(e.Type) + TextBytes(item.Options.ConflateKey)
            + TextBytes(e.Comment) + (e.DataBytes?.Length ?? 0L);
        if (item.Options.Ttl is { } ttl) bytes += Varint((ulong)ttl.Ticks);
        if (e.Retry is { } retry) bytes += Varint((ulong)retry.Ticks);
        if (e.Fields.Count > 0) bytes += Varint((ulong)e.Fields.Count);
        for (var i = 0; i < e.Fields.Count; i++) bytes += TextBytes(e.Fields[i].Key) + TextBytes(e.Fields[i].Value);
        return item.Options.TraceParent is null ? bytes : bytes + TraceBytes;
    }

    /// <summary>Writes an item. Allocates nothing, but for the bytes of data that were given as text, which the event keeps.</summary>
    /// <param name="output">Where to. It is asked once for a span of <see cref="SizeOf(in AppendItem)"/> bytes at most.</param>
    /// <param name="item">The event and its publisher's options.</param>
    /// <param name="only">Leaves the other parts out: those that an engine keeps elsewhere, in columns of a table.</param>
    /// <exception cref="OverflowException">The item is larger than 2 GiB.</exception>
    public static void Write(IBufferWriter<byte> output, in AppendItem item, EventParts only = EventParts.All)
    {
        ArgumentNullException.ThrowIfNull(output);
        var e = item.Event;
        var parts = PartsOf(item) & only;
        var data = Has(parts, EventParts.Data) ? e.DataBytes!.Value.Span : default;
        var fields = Has(parts, EventParts.Fields) ? e.Fields.Count : 0;
        var to = new SpanWriter(output.GetSpan(checked((int)(SizeWithoutData(item, fields) + data.Length))));
        to.Byte(Version);
        to.Number((ulong)parts);
        if (Has(parts, EventParts.Ttl)) to.Number((ulong)item.Options.Ttl!.Value.Ticks);
        if (Has(parts, EventParts.Id)) to.Text(e.Id!);
        if (Has(parts, EventParts.Type)) to.Text(e.Type!);
        if (Has(parts, EventParts.ConflateKey)) to.Text(item.Options.ConflateKey!);
        if (Has(parts, EventParts.Comment)) to.Text(e.Comment!);
        if (Has(parts, EventParts.Retry)) to.Number((ulong)e.Retry!.Value.Ticks);
        if (fields > 0)
        {
            to.Number((ulong)fields);
            for (var i = 0; i < fields; i++)
            {
                to.Text(e.Fields[i].Key);
                to.Text(e.Fields[i].Value);
            }
        }
        if (Has(parts, EventParts.TraceParent)) WriteTrace(ref to, item.Options.TraceParent!);
        to.Raw(data);
        output.Advance(to.Count);
    }

    /// <summary>Reads an item: the event, and of the options those that are parts. Checks no rule of <see cref="EventRules"/>.</summary>
    /// <param name="bytes">All bytes of the item and no others. The event's data are a slice of them: they must not change while it is in
    /// use.</param>
    /// <exception cref="FormatException">They are of a version that is not known, end early, or do not end.</exception>
    public static AppendItem Read(ReadOnlyMemory<byte> bytes)
    {
        var from = new SpanReader(bytes.Span);
        var parts = ReadParts(ref from, out var unknown);
        TimeSpan? ttl = Has(parts, EventParts.Ttl) ? Time(ref from) : null;
        var id = Has(parts, EventParts.Id) ? from.Text() : null;
        var type = Has(parts, EventParts.Type) ? TypeNames.Of(from.Part()) : null;
        var key = Has(parts, EventParts.ConflateKey) ? from.Text() : null;
        var comment = Has(parts, EventParts.Comment) ? from.Text() : null;
        TimeSpan? retry = Has(parts, EventParts.Retry) ? Time(ref from) : null;
        var fields = Has(parts, EventParts.Fields) ? ReadFields(ref from) : [];
        var trace = Has(parts, EventParts.TraceParent) ? Text(TraceParent.Read(from.Part())) : null;
        for (; unknown != 0; unknown &= unknown - 1) from.Part();
        ReadOnlyMemory<byte>? data = null;
        if (Has(parts, EventParts.Data)) data = bytes[from.At..];
        else if (from.Left > 0) throw new FormatException("Bytes follow the event's last part.");
        var e = new SseEvent { Type = type, Id = id, DataBytes = data, Comment = comment, Retry = retry, Fields = fields };
        return new AppendItem(e, new PublishOptions { Ttl = ttl, ConflateKey = key, TraceParent = trace });
    }

    /// <summary>The time to live, without reading anything else; null for none.</summary>
    /// <param name="bytes">An item's bytes.</param>
    /// <exception cref="FormatException">They are of a version that is not known, or end early.</exception>
    public static TimeSpan? TtlOf(ReadOnlySpan<byte> bytes)
    {
        var from = new SpanReader(bytes);
        return Has(ReadParts(ref from, out _), EventParts.Ttl) ? Time(ref from) : null;
    }

    /// <summary>The publisher's id, without reading anything else and without a string of it. False: there is none.</summary>
    /// <param name="bytes">An item's bytes.</param>
    /// <param name="id">Its UTF-8, which is ASCII where <see cref="EventRules"/> were kept; empty for the id "".</param>
    /// <exception cref="FormatException">They are of a version that is not known, or end early.</exception>
    public static bool TryGetId(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> id)
    {
        var from = new SpanReader(bytes);
        var parts = ReadParts(ref from, out _);
        id = default;
        if (!Has(parts, EventParts.Id)) return false;
        if (Has(parts, EventParts.Ttl)) from.Number();
        id = from.Part();
        return true;
    }

    /// <summary>The trace context, without a string of anything else; null for none.</summary>
    /// <param name="bytes">An item's bytes.</param>
    /// <exception cref="FormatException">They are of a version that is not known, or end early.</exception>
    public static string? TraceParentOf(ReadOnlySpan<byte> bytes)
    {
        var from = new SpanReader(bytes);
        var parts = ReadParts(ref from, out _);
        if (!Has(parts, EventParts.TraceParent)) return null;
        if (Has(parts, EventParts.Ttl)) from.Number();
        for (var texts = parts & Texts; texts != 0; texts &= texts - 1) from.Part();
        if (Has(parts, EventParts.Retry)) from.Number();
        if (Has(parts, EventParts.Fields))
        {
            // A forged number ends where the bytes do.
            for (var left = from.Number(); left > 0; left--)
            {
                from.Part();
                from.Part();
            }
        }
        return Text(TraceParent.Read(from.Part()));
    }

    // What is none by then is written as zeros, and read as none.
    private static void WriteTrace(ref SpanWriter to, string traceParent)
    {
        Span<byte> bytes = stackalloc byte[TraceParent.Bytes];
        if (TraceParent.TryParse(traceParent, out var parsed)) parsed.Write(bytes);
        else bytes.Clear();
        to.Number(TraceParent.Bytes);
        to.Raw(bytes);
    }

    private static string? Text(in TraceParent trace) => trace.IsSet ? trace.ToString() : null;

    private static long SizeWithoutData(in AppendItem item, int fields)
    {
        var e = item.Event;
        var size = FixedBytes + Most(e.Id) + Most(e.Type) + Most(item.Options.ConflateKey) + Most(e.Comment);
        if (item.Options.TraceParent is not null) size += TraceBytes;
        for (var i = 0; i < fields; i++) size += FieldBytes + Most(e.Fields[i].Key) + Most(e.Fields[i].Value);
        return size;
    }

    private static EventParts ReadParts(ref SpanReader from, out ulong unknown)
    {
        var version = from.Byte();
        if (version != Version) throw new FormatException($"An event has the format {version}; this program reads {Version}.");
        var parts = from.Number();
        unknown = parts & ~(ulong)EventParts.All;
        return (EventParts)parts & EventParts.All;
    }

    private static KeyValuePair<string, string>[] ReadFields(ref SpanReader from)
    {
        var count = from.Number();
        // Two bytes at least for each: a forged number makes nobody allocate more than the bytes are long.
        if (count > (ulong)from.Left / 2) throw new FormatException("An event has more fields than bytes.");
        var fields = new KeyValuePair<string, string>[(int)count];
        for (var i = 0; i < fields.Length; i++) fields[i] = new(from.Text(), from.Text());
        return fields;
    }

    private static TimeSpan Time(ref SpanReader from) => TimeSpan.FromTicks((long)from.Number());

    private static long TextBytes(string? text)
    {
        if (text is null) return 0;
        var bytes = Encoding.UTF8.GetByteCount(text);
        return bytes + Varint((ulong)bytes);
    }

    // Seven bits in each byte.
    private static int Varint(ulong number) => Math.Max(1, (70 - BitOperations.LeadingZeroCount(number)) / 7);

    // One UTF-16 unit is at most three bytes of UTF-8.
    private static long Most(string? text) => 3L * (text?.Length ?? 0);

    private static bool Has(EventParts parts, EventParts part) => (parts & part) != 0;
}
