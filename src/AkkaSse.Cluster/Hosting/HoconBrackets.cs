namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Whether the brackets and quotes of a HOCON text close as they opened, and what HOCON forbids outside of quotes stays out of arrays and
/// references. Akka.NET's parser does not look: it takes a text that ends early for complete, and some texts that break these rules keep it
/// busy for ever while its memory grows. Each bracket within another one costs it a part of the thread's stack, whose end is the end of the
/// process. Such texts never reach it from here. Pure.
/// </summary>
internal static class HoconBrackets
{
    // Akka.NET's own settings are 6 deep.
    private const int MaxDepth = 100;

    // "Unquoted strings" in the specification of HOCON, but for the brackets, which are looked at themselves, and '+', ',' and '#', which
    // Akka.NET reads.
    private const string Forbidden = "!$&*:=?@\\^`";

    private const string ThreeQuotes = "\"\"\"";

    /// <summary>Null when they do, else where not.</summary>
    internal static string? Fault(string hocon)
    {
        var open = new Stack<(char Bracket, int Line)>();
        var line = 1;
        // Outside of arrays: whether a name or what belongs to it is being read, and whether anything of the latter was.
        var (isValue, hasBegun) = (false, false);
        for (var i = 0; i < hocon.Length; i++)
        {
            var c = hocon[i];
            var inArray = open.TryPeek(out var inner) && inner.Bracket == '[';
            switch (c)
            {
                case '\n':
                    line++;
                    if (hasBegun) (isValue, hasBegun) = (false, false);
                    continue;
                case '#':
                case '/' when i + 1 < hocon.Length && hocon[i + 1] == '/':
                    // To the end of the line, which is counted above.
                    i = hocon.IndexOf('\n', i) is var end and >= 0 ? end - 1 : hocon.Length;
                    continue;
                case '"':
                    // Akka.NET reads them as a text without characters and the beginning of another one.
                    if (!inArray && !isValue && hocon.AsSpan(i).StartsWith(ThreeQuotes, StringComparison.Ordinal))
                        return $"line {line} has three quotes in a name; one is allowed, and three in what a name is set to.";
                    var close = EndOfText(hocon, i);
                    if (close < 0) return $"the text that begins in line {line} has no end.";
                    line += hocon.AsSpan(i, close - i).Count('\n');
                    i = close;
                    break;
                case '$' when i + 1 < hocon.Length && hocon[i + 1] == '{':
                    close = hocon.IndexOf('}', i);
                    if (close < 0 || hocon.AsSpan(i + 2, close - i - 2).ContainsAny("\"{[]\n"))
                        return $"line {line} has a reference that is not of the form ${{name}}.";
                    i = close;
                    break;
                case '{' or '[':
                    if (open.Count == MaxDepth)
                        return $"line {line} has a '{c}' within {MaxDepth} others; {MaxDepth} within each other are allowed.";
                    open.Push((c, line));
                    (isValue, hasBegun) = (false, false);
                    continue;
                case '}' or ']':
                    if (!open.TryPop(out var last)) return $"line {line} has a '{c}' that nothing opened.";
                    if (last.Bracket != (c == '}' ? '{' : '['))
                        return $"line {line} has a '{c}' where the '{last.Bracket}' of line {last.Line} is to be closed.";
                    isValue = true;
                    break;
                case ',' when !inArray:
                    (isValue, hasBegun) = (false, false);
                    continue;
                case '=' or ':' when !inArray && !isValue:
                    isValue = true;
                    continue;
                default:
                    if (inArray && Forbidden.Contains(c, StringComparison.Ordinal))
                        return $"line {line} has a '{c}' in an array; text with it is allowed in quotes.";
                    break;
            }
            hasBegun |= isValue && !char.IsWhiteSpace(c);
        }
        return open.TryPop(out var unclosed) ? $"the '{unclosed.Bracket}' of line {unclosed.Line} is never closed." : null;
    }

    // The place of the last quote; -1 when there is none. Only a text in three quotes may have several lines.
    private static int EndOfText(string hocon, int begin)
    {
        if (hocon.AsSpan(begin).StartsWith(ThreeQuotes, StringComparison.Ordinal))
        {
            var end = hocon.IndexOf(ThreeQuotes, begin + ThreeQuotes.Length, StringComparison.Ordinal);
            return end < 0 ? -1 : end + ThreeQuotes.Length - 1;
        }
        for (var i = begin + 1; i < hocon.Length && hocon[i] != '\n'; i++)
        {
            if (hocon[i] == '\\') i++;
            else if (hocon[i] == '"') return i;
        }
        return -1;
    }
}
