using System.Buffers;
using System.Globalization;
using AkkaSse.Protocol;

namespace AkkaSse.Fuzz.Targets;

/// <summary>
/// The parser of event streams. Where the bytes are cut changes nothing, and an event that may be written is read as it was written.
/// </summary>
internal static class ParserTarget
{
    // The first byte says where to cut, the second chooses bounds.
    private const int HeadBytes = 2;

    internal static void Run(byte[] input)
    {
        if (input.Length <= HeadBytes) return;
        var size = 1 + (input[0] % 16);
        var options = new SseParserOptions
        {
            MaxLineBytes = input[1] < 128 ? 1 << 20 : 1 + (input[1] % 64),
            MaxEventBytes = input[1] % 2 == 0 ? 1 << 20 : 1 + (input[1] % 96),
            ReportComments = true,
            ReportFields = true,
        };
        var bytes = input.AsMemory(HeadBytes);
        var whole = Parse(bytes, bytes.Length, options, out var events);
        BreachException.IfDifferent(whole, Parse(bytes, size, options, out _), $"Cut every {size} bytes it reads otherwise.");
        foreach (var e in events) RoundTrip(e);
    }

    private static List<string> Parse(ReadOnlyMemory<byte> bytes, int size, SseParserOptions options, out List<SseEvent> events)
    {
        var parser = new SseParser(options);
        var items = new List<string>();
        events = [];
        for (var at = 0; at < bytes.Length; at += size)
        {
            var buffer = new ReadOnlySequence<byte>(bytes[at..Math.Min(bytes.Length, at + size)]);
            while (parser.TryRead(ref buffer, out var item))
            {
                items.Add(Text(item));
                if (item.Event is { } e) events.Add(e);
            }
            if (!buffer.IsEmpty) throw new BreachException("The parser has left bytes.");
        }
        items.Add("last " + parser.LastEventId);
        return items;
    }

    private static void RoundTrip(SseEvent e)
    {
        var written = new ArrayBufferWriter<byte>();
        try
        {
            SseEncoder.Write(written, e);
        }
        catch (SseFormatException)
        {
            // It was read by a rule of the specification and may not be written by a rule of the hub.
            return;
        }
        // The largest bounds: the encoder may write more than was read.
        var items = Parse(written.WrittenMemory, written.WrittenCount, new SseParserOptions { ReportFields = true }, out var again);
        if (!e.HasData) return;
        if (again is not [var read]) throw new BreachException($"One event is read as {string.Join(" | ", items)}");
        BreachException.IfDifferent([Text(e)], [Text(read)], "An event is not read as it was written.");
    }

    private static string Text(in SseItem item) => item.Kind switch
    {
        SseItemKind.Event => "event " + Text(item.Event!),
        SseItemKind.Comment => "comment " + item.Comment,
        SseItemKind.Retry => "retry " + item.Retry!.Value.Ticks.ToString(CultureInfo.InvariantCulture),
        _ => "error " + item.Error!.Limit,
    };

    private static string Text(SseEvent e) =>
        $"{e.Type}|{e.Id}|{Convert.ToHexString((e.DataBytes ?? default).Span)}|{string.Join(';', e.Fields.Select(f => f.Key + "=" + f.Value))}";
}
