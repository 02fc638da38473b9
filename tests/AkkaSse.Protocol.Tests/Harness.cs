using System.Buffers;
using System.Globalization;
using System.Text;

namespace AkkaSse.Protocol.Tests;

/// <summary>Feeds bytes to a parser in pieces and renders what comes out as comparable text.</summary>
internal static class Harness
{
    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static byte[] Bytes(string text) => Utf8.GetBytes(text);

    public static List<string> Parse(string text, SseParserOptions? options = null) => ParseChunks(Bytes(text), [int.MaxValue], options);

    public static List<string> ParseWhole(byte[] bytes, SseParserOptions? options = null) => ParseChunks(bytes, [int.MaxValue], options);

    public static List<string> ParseChunks(byte[] bytes, IReadOnlyList<int> sizes, SseParserOptions? options = null)
    {
        var parser = new SseParser(options);
        var items = Feed(parser, bytes, sizes);
        items.Add($"last={parser.LastEventId}");
        return items;
    }

    /// <summary>
    /// Feeds the bytes in pieces of the sizes given, over and over. Each piece is destroyed before the next, as a pooled buffer would be.
    /// </summary>
    public static List<string> Feed(SseParser parser, byte[] bytes, IReadOnlyList<int> sizes)
    {
        var items = new List<string>();
        for (int at = 0, n = 0; at < bytes.Length; n++)
        {
            var size = Math.Min(sizes[n % sizes.Count], bytes.Length - at);
            var piece = bytes.AsSpan(at, size).ToArray();
            var buffer = new ReadOnlySequence<byte>(piece);
            Drain(parser, ref buffer, items);
            Array.Fill(piece, (byte)'!');
            at += size;
        }

        return items;
    }

    /// <summary>The same bytes as one sequence of segments.</summary>
    public static List<string> ParseSegments(byte[] bytes, int segmentSize, SseParserOptions? options = null)
    {
        var parser = new SseParser(options);
        var items = new List<string>();
        var buffer = Segmented(bytes, segmentSize);
        Drain(parser, ref buffer, items);
        items.Add($"last={parser.LastEventId}");
        return items;
    }

    public static ReadOnlySequence<byte> Segmented(byte[] bytes, int segmentSize)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, null);
        var last = first;
        for (var at = 0; at < bytes.Length; at += segmentSize)
        {
            last = new Segment(bytes.AsMemory(at, Math.Min(segmentSize, bytes.Length - at)), last);
            if (at % 3 == 0)
            {
                last = new Segment(ReadOnlyMemory<byte>.Empty, last);
            }
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    public static List<SseItem> Items(SseParser parser, string text)
    {
        var buffer = new ReadOnlySequence<byte>(Bytes(text));
        var items = new List<SseItem>();
        while (parser.TryRead(ref buffer, out var item))
        {
            items.Add(item);
        }

        return items;
    }

    public static List<SseEvent> Events(string text, SseParserOptions? options = null) =>
        [.. Items(new SseParser(options), text).Where(i => i.Kind == SseItemKind.Event).Select(i => i.Event!)];

    /// <summary>Compares; the message is made only on failure, because the matrix compares a hundred thousand times.</summary>
    public static void ShouldRead(this List<string> actual, IReadOnlyList<string> expected, FormattableString where)
    {
        if (!actual.SequenceEqual(expected))
        {
            string.Join('\n', actual).ShouldBe(string.Join('\n', expected), where.ToString(CultureInfo.InvariantCulture));
        }
    }

    public static string Render(SseItem item) => item.Kind switch
    {
        SseItemKind.Event => E(item.Event!.Data!, item.Event.Type, item.Event.Id, item.Event.LastEventId, Milliseconds(item.Event.Retry),
            [.. item.Event.Fields.Select(f => (f.Key, f.Value))]),
        SseItemKind.Comment => C(item.Comment!),
        SseItemKind.Retry => R(Milliseconds(item.Retry)!.Value),
        _ => $"error {item.Error!.Limit} {item.Error.LimitBytes} {item.Error.BytesSeen}",
    };

    public static string E(
        string data, string? type = null, string? id = null, string? last = null, long? retry = null, params (string, string)[] fields) =>
        $"event type={Show(type)} data={Show(data)} id={Show(id)} last={Show(last ?? id ?? "")}"
        + $" retry={retry?.ToString(CultureInfo.InvariantCulture)}"
        + string.Concat(fields.Select(f => $" {Show(f.Item1)}={Show(f.Item2)}"));

    public static string C(string comment) => $"comment {Show(comment)}";

    public static string R(long milliseconds) => $"retry {milliseconds}";

    public static string Show(string? text) => text is null
        ? "-"
        : "\"" + string.Concat(text.Select(c => c is < ' ' or > '~' ? $"\\u{(int)c:x4}" : c.ToString())) + "\"";

    public static string Normalised(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');

    public static string Encoded(SseEvent e, SseFieldOrder order = SseFieldOrder.Native)
    {
        var output = new ArrayBufferWriter<byte>();
        SseEncoder.Write(output, e, order);
        return Utf8.GetString(output.WrittenSpan);
    }

    private static long? Milliseconds(TimeSpan? time) => time is { } t ? (long)t.TotalMilliseconds : null;

    private static void Drain(SseParser parser, ref ReadOnlySequence<byte> buffer, List<string> items)
    {
        while (parser.TryRead(ref buffer, out var item))
        {
            items.Add(Render(item));
        }

        buffer.Length.ShouldBe(0);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                previous.Next = this;
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
            }
        }
    }
}
