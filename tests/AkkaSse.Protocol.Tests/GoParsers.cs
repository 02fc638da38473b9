using System.Globalization;
using System.Text;

namespace AkkaSse.Protocol.Tests;

/// <summary>
/// Small models of the parsers in the older Go systems, faults included, to show that what we write arrives there.
/// An event is (type, data, id); null where that parser has no such thing.
/// </summary>
internal static class GoParsers
{
    public sealed record Read(string Type, string Data, string? Id = null);

    /// <summary>
    /// S0, a controller's client: needs ": " between name and value, glues data lines, knows no id, calls back at every blank line.
    /// </summary>
    public static List<Read> S0(string wire)
    {
        var read = new List<Read>();
        var (type, data) = ("", "");
        foreach (var line in Lines(wire))
        {
            if (line.Length == 0)
            {
                read.Add(new(type, data));
                (type, data) = ("", "");
                continue;
            }

            var parts = line.Split(": ", 2);
            if (parts.Length == 2)
            {
                type = parts[0] == "event" ? parts[1] : type;
                data += parts[0] == "data" ? parts[1] : "";
            }
        }

        return read;
    }

    /// <summary>
    /// S1, the r3labs client: cuts at double line ends, knows fields by their prefix, removes one space, fills in the last id, and hands
    /// on whatever has an id, data, type or retry; so a block with only a comment becomes an event as soon as there is an id.
    /// </summary>
    public static List<Read> S1(string wire)
    {
        var read = new List<Read>();
        var last = "";
        foreach (var block in Normalised(wire).Split("\n\n").Where(b => b.Length > 0))
        {
            var (type, data, id, retry) = ("", "", "", "");
            foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (Field(line, "id:") is { } i)
                {
                    id = i;
                }
                else if (Field(line, "data:") is { } d)
                {
                    data += d + "\n";
                }
                else if (line == "data")
                {
                    data += "\n";
                }
                else if (Field(line, "event:") is { } t)
                {
                    type = t;
                }
                else if (Field(line, "retry:") is { } r)
                {
                    retry = r;
                }
            }

            data = data.EndsWith('\n') ? data[..^1] : data;
            last = id.Length > 0 ? id : last;
            if (last.Length + data.Length + type.Length + retry.Length > 0)
            {
                read.Add(new(type, data, last));
            }
        }

        return read;

        static string? Field(string line, string prefix)
        {
            if (!line.StartsWith(prefix, StringComparison.Ordinal))
            {
                return null;
            }

            var value = line[prefix.Length..];
            return value.StartsWith(' ') ? value[1..] : value;
        }
    }

    /// <summary>
    /// S2: parses each read by itself and loses an event cut in two; keeps the type over a block without data; drops empty data.
    /// </summary>
    public static List<Read> S2(IEnumerable<string> reads)
    {
        var read = new List<Read>();
        var (type, last) = ("message", "");
        foreach (var chunk in reads)
        {
            var data = new List<string>();
            foreach (var line in Lines(chunk))
            {
                if (line.Length == 0)
                {
                    var text = string.Join('\n', data);
                    if (text.Length > 0)
                    {
                        read.Add(new(type, text, last));
                        type = "message";
                    }

                    data.Clear();
                    continue;
                }

                var colon = line.IndexOf(':', StringComparison.Ordinal);
                var name = colon < 0 ? line : line[..colon];
                var value = colon < 0 ? "" : line[(colon + 1)..];
                value = value.StartsWith(' ') ? value[1..] : value;
                switch (name)
                {
                    case "data":
                        data.Add(value);
                        break;
                    case "event":
                        type = value;
                        break;
                    case "id":
                        last = value;
                        break;
                }
            }
        }

        return read;
    }

    /// <summary>
    /// S4, the zone hub's client: trims every value, ends every data line with LF, fails on a block with nothing it knows.
    /// </summary>
    public static List<Read> S4(string wire)
    {
        var read = new List<Read>();
        foreach (var block in Normalised(wire).Split("\n\n").Where(b => b.Trim('\n').Length > 0))
        {
            var (type, data, id) = ("", new StringBuilder(), "");
            var known = false;
            foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0)
                {
                    continue;
                }

                var value = line[(colon + 1)..].Trim();
                switch (line[..colon])
                {
                    case "":
                        known = true;
                        break;
                    case "data":
                        data.Append(CultureInfo.InvariantCulture, $"{value}\n");
                        known = true;
                        break;
                    case "event":
                        type = value;
                        break;
                    case "id":
                        id = value;
                        break;
                }
            }

            if (!known)
            {
                throw new FormatException($"S4's client disconnects at a block without data and comment: {block}");
            }

            if (data.Length > 0)
            {
                read.Add(new(type, data.ToString(), id));
            }
        }

        return read;
    }

    private static string[] Lines(string wire) => wire.Split('\n')[..^1];

    private static string Normalised(string wire) => wire.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
}
