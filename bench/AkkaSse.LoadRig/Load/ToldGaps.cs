using System.Buffers.Text;

namespace AkkaSse.LoadRig.Load;

/// <summary>What a server has told one reader that it missed: <c>hub.gap</c>, or a comment line that begins with <c>: gap</c>.</summary>
internal struct ToldGaps
{
    internal int Count { get; private set; }

    /// <summary>Events that were named as missed; <see cref="long.MaxValue"/> when the server could not say how many.</summary>
    internal long Events { get; private set; }

    /// <summary>Takes a gap's data or comment: <c>"from":3,"to":7</c> or <c>from=3 to=7</c>.</summary>
    internal void Add(ReadOnlySpan<byte> text)
    {
        Count++;
        if (Number(text, "\"from\":"u8, "from="u8, out var from) && Number(text, "\"to\":"u8, "to="u8, out var to)
            && Events != long.MaxValue)
            Events += to - from + 1;
        else
            Events = long.MaxValue;
    }

    private static bool Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> json, ReadOnlySpan<byte> plain, out long number)
    {
        number = 0;
        var at = text.IndexOf(json) is var j and >= 0 ? j + json.Length : text.IndexOf(plain) is var p and >= 0 ? p + plain.Length : -1;
        return at >= 0 && Utf8Parser.TryParse(text[at..], out number, out _);
    }
}
