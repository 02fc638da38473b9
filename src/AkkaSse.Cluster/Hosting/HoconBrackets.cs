namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Whether the brackets and quotes of a HOCON text close as they opened. Akka.NET's parser does not look: it takes a text that ends early
/// for complete, and some texts whose brackets do not match keep it busy for ever while its memory grows. So do, within an array, the
/// characters that HOCON forbids outside of quotes. Each bracket within another one costs it a part of the thread's stack, whose end is the
/// end of the process. Such texts never reach it from here. Pure.
/// </summary>
internal static class HoconBrackets
{
    // Akka.NET's own settings are 6 deep.
    private const int MaxDepth = 100;

    // "Unquoted strings" in the specification of HOCON, but for the brackets, which are looked at themselves, and '+', ',' and '#', which
    // Akka.NET reads.
    private const string Forbidden = "!$&*:=?@\\^`";

    /// <summary>Null when they do, else where not.</summary>
    internal static string? Fault(string hocon)
    {
        var open = new Stack<(char Bracket, int Line)>();
        var line = 1;
        for (var i = 0; i < hocon.Length; i++)
        {
            switch (hocon[i])
            {
                case '\n':
                    line++;
                    break;
                case '#':
                case '/' when i + 1 < hocon.Length && hocon[i + 1] == '/':
                    // To the end of the line, which is counted above.
                    i = hocon.IndexOf('\n', i) is var end and >= 0 ? end - 1 : hocon.Length;
                    break;
                case '"':
                    var close = EndOfText(hocon, i);
                    if (close < 0) return $"the text that begins in line {line} has no end.";
                    line += hocon.AsSpan(i, close - i).Count('\n');
                    i = close;
                    break;
                case '{' or '[':
                    if (open.Count == MaxDepth)
                        return $"line {line} has a '{hocon[i]}' within {MaxDepth} others; {MaxDepth} within each other are allowed.";
                    open.Push((hocon[i], line));
                    break;
                case '}' or ']':
                    if (!open.TryPop(out var last)) return $"line {line} has a '{hocon[i]}' that nothing opened.";
                    if (last.Bracket != (hocon[i] == '}' ? '{' : '['))
                        return $"line {line} has a '{hocon[i]}' where the '{last.Bracket}' of line {last.Line} is to be closed.";
                    break;
                case var c when Forbidden.Contains(c, StringComparison.Ordinal) && open.TryPeek(out var inner) && inner.Bracket == '[':
                    // A reference: ${name}.
                    if (c == '$' && i + 1 < hocon.Length && hocon[i + 1] == '{') break;
                    return $"line {line} has a '{c}' in an array; text with it is allowed in quotes.";
            }
        }
        return open.TryPop(out var unclosed) ? $"the '{unclosed.Bracket}' of line {unclosed.Line} is never closed." : null;
    }

    // The place of the last quote; -1 when there is none. Only a text in three quotes may have several lines.
    private static int EndOfText(string hocon, int begin)
    {
        const string Three = "\"\"\"";
        if (hocon.AsSpan(begin).StartsWith(Three, StringComparison.Ordinal))
        {
            var end = hocon.IndexOf(Three, begin + Three.Length, StringComparison.Ordinal);
            return end < 0 ? -1 : end + Three.Length - 1;
        }
        for (var i = begin + 1; i < hocon.Length && hocon[i] != '\n'; i++)
        {
            if (hocon[i] == '\\') i++;
            else if (hocon[i] == '"') return i;
        }
        return -1;
    }
}
