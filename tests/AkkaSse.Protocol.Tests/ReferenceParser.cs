using System.Text;

namespace AkkaSse.Protocol.Tests;

/// <summary>
/// WHATWG HTML 9.2.5 and 9.2.6 written down as plainly as possible, over the whole stream at once and without bounds: the measure for the
/// parser.
/// </summary>
internal static class ReferenceParser
{
    public static List<string> Parse(byte[] bytes, long maxRetry = 3_600_000)
    {
        var text = Harness.Utf8.GetString(bytes);
        if (text.StartsWith('\uFEFF'))
        {
            text = text[1..];
        }

        var items = new List<string>();
        var data = new StringBuilder();
        var hasData = false;
        string type = "", buffered = "", last = "";
        string? id = null;
        long? retry = null;
        var fields = new List<(string, string)>();

        // After the last line end comes what is unterminated; it never counts.
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n')[..^1];
        foreach (var line in lines)
        {
            if (line.Length == 0)
            {
                last = buffered;
                if (hasData)
                {
                    items.Add(Harness.E(data.ToString(0, data.Length - 1), type.Length == 0 ? null : type, id, last, retry, [.. fields]));
                }

                data.Clear();
                hasData = false;
                type = "";
                id = null;
                retry = null;
                fields.Clear();
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            value = value.StartsWith(' ') ? value[1..] : value;
            switch (name)
            {
                case "":
                    items.Add(Harness.C(value));
                    break;
                case "data":
                    data.Append(value).Append('\n');
                    hasData = true;
                    break;
                case "event":
                    type = value;
                    break;
                case "id":
                    if (!value.Contains('\0', StringComparison.Ordinal))
                    {
                        buffered = id = value;
                    }

                    break;
                case "retry":
                    if (value.Length > 0 && value.All(char.IsAsciiDigit))
                    {
                        retry = (long)System.Numerics.BigInteger.Min(
                            System.Numerics.BigInteger.Parse(value, System.Globalization.CultureInfo.InvariantCulture), maxRetry);
                        items.Add(Harness.R(retry.Value));
                    }

                    break;
                default:
                    fields.Add((name, value));
                    break;
            }
        }

        items.Add($"last={last}");
        return items;
    }
}
