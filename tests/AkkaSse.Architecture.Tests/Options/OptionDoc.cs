using System.Globalization;
using System.Text.RegularExpressions;

namespace AkkaSse.Architecture.Tests.Options;

/// <summary>What the documentation of one option says: "What it is. Unit. Range. Default."</summary>
internal sealed partial class OptionDoc
{
    private const string Amount = @"\d+(?: \d{3})*(?:\.\d+)?(?: (?:ms|s|min|h|d|KiB|MiB|GiB|TiB)\b)?";

    private static readonly Dictionary<string, decimal> Scale = new(StringComparer.Ordinal)
    {
        ["ms"] = 1, ["s"] = 1_000, ["min"] = 60_000, ["h"] = 3_600_000, ["d"] = 86_400_000,
        ["KiB"] = 1L << 10, ["MiB"] = 1L << 20, ["GiB"] = 1L << 30, ["TiB"] = 1L << 40,
    };

    private OptionDoc(string text)
    {
        Text = text;
        if (DefaultSentence().Match(text) is { Success: true } match)
        {
            Default = match.Groups["value"].Value;
            IsInWords = match.Groups["colon"].Success;
            text = text[..match.Index];
        }
        if (RangeSentence().Match(text) is not { Success: true } range) return;
        Low = Number(range.Groups["low"].Value);
        LowIsOut = range.Value.StartsWith("More", StringComparison.Ordinal);
        High = range.Groups["high"].Success ? Number(range.Groups["high"].Value) : null;
    }

    /// <summary>The summary as plain text.</summary>
    internal string Text { get; }

    /// <summary>What stands behind "Default", to the end of the text; null where nothing says it.</summary>
    internal string? Default { get; }

    /// <summary>Whether it is said in words ("Default: the name of the machine.") and cannot be compared.</summary>
    internal bool IsInWords { get; }

    /// <summary>The smallest value, in milliseconds, bytes or as a plain number; null without a range.</summary>
    internal decimal? Low { get; }

    /// <summary>Whether <see cref="Low"/> itself is not allowed.</summary>
    internal bool LowIsOut { get; }

    /// <summary>The largest value, like <see cref="Low"/>; null where only a smallest one is said.</summary>
    internal decimal? High { get; }

    /// <summary>Finds the documentation of a property in a source file; null when there is none.</summary>
    internal static OptionDoc? Find(string source, string property)
    {
        var declaration = $@"(?<doc>(?:^ *///.*\n)+) *public [^\n=(]*\b{property}(?= \{{|\n)";
        var match = Regex.Match(source.Replace("\r\n", "\n", StringComparison.Ordinal), declaration, RegexOptions.Multiline);
        return match.Success ? Parse(match.Groups["doc"].Value) : null;
    }

    /// <summary>Reads a documentation comment.</summary>
    internal static OptionDoc Parse(string comment)
    {
        var text = string.Join(' ', comment.Split('\n').Select(static l => l.Trim().TrimStart('/').Trim()));
        text = Reference().Replace(Summary().Match(text).Groups[1].Value, "$1");
        return new OptionDoc(WhiteSpace().Replace(Tag().Replace(text, ""), " ").Trim());
    }

    /// <summary>"64 MiB", "10 000" or "1.5 s" in its smallest unit.</summary>
    internal static decimal Number(string text)
    {
        var match = NumberWithUnit().Match(text);
        var number = decimal.Parse(match.Groups[1].Value.Replace(" ", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return match.Groups[2].Success ? number * Scale[match.Groups[2].Value] : number;
    }

    [GeneratedRegex(@"(?:^|[.;] )Default(?<colon>:)? (?<value>.*)$")]
    private static partial Regex DefaultSentence();

    [GeneratedRegex($"(?:At least|More than) (?<low>{Amount})(?: up to (?<high>{Amount}))?|(?<low>{Amount}) to (?<high>{Amount})")]
    private static partial Regex RangeSentence();

    [GeneratedRegex(@"^(\d+(?: \d{3})*(?:\.\d+)?)(?: (ms|s|min|h|d|KiB|MiB|GiB|TiB)\b)?")]
    private static partial Regex NumberWithUnit();

    [GeneratedRegex("<summary>(.*?)</summary>")]
    private static partial Regex Summary();

    [GeneratedRegex("<see cref=\"([^\"(]*)[^\"]*\" ?/>")]
    private static partial Regex Reference();

    [GeneratedRegex("<[^>]+>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
