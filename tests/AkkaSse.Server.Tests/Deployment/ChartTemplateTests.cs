using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AkkaSse.Server.Tests.Deployment;

/// <summary>
/// The form of the chart's templates: what a misspelt name or a missing end would only show where Helm renders them.
/// </summary>
public sealed partial class ChartTemplateTests
{
    public static TheoryData<string> Templates => [.. Chart.Templates.Select(static f => Path.GetFileName(f))];

    private static IEnumerable<string> Texts => Chart.Templates.Select(File.ReadAllText);

    [Theory]
    [MemberData(nameof(Templates))]
    public void Actions_and_blocks_are_closed(string file) => Fault(Text(file)).ShouldBeNull();

    [Theory]
    [InlineData("{{ .Values.a }", "an action is not closed")]
    [InlineData("{{ if .Values.a }}", "1 blocks are not ended")]
    [InlineData("{{ if .Values.a }}{{ end }}{{ end }}", "an end without a beginning")]
    [InlineData("a }} b", "braces that close nothing")]
    [InlineData("{{ (eq .Values.a }}", "a parenthesis is not closed")]
    [InlineData("{{ range .Values.a }}{{ else }}{{ end }}{{/* if */}}", null)]
    public void Open_action_and_block_are_found(string text, string? fault) => Fault(text).ShouldBe(fault);

    [Fact]
    public void Values_that_templates_use_are_there()
    {
        var defaults = Chart.Defaults();
        var used = Texts.SelectMany(static t => ValuePath().Matches(t)).Select(static m => m.Groups[1].Value).Distinct().ToList();
        used.Count.ShouldBeGreaterThan(30);
        used.Where(p => !Exists(defaults, p)).ShouldBeEmpty("values.yaml has no such value");
        // And the other way round: a value that does nothing misleads who sets it.
        var roots = used.Select(static p => p.Split('.')[0]);
        defaults.Select(static v => v.Key).Except(roots).ShouldBeEmpty("no template uses the value");
    }

    [Fact]
    public void Templates_that_are_included_are_defined()
    {
        var defined = Texts.SelectMany(static t => Define().Matches(t)).Select(static m => m.Groups[1].Value).ToList();
        defined.ShouldBeUnique();
        var included = Texts.SelectMany(static t => Include().Matches(t)).Select(static m => m.Groups[1].Value).Distinct();
        included.ShouldBe(defined, ignoreOrder: true);
    }

    private static string Text(string file) => File.ReadAllText(Path.Combine(Chart.Root, "templates", file));

    private static bool Exists(JsonNode? node, string path) => path.Split('.').All(part =>
    {
        if (node is not JsonObject section || !section.TryGetPropertyValue(part, out var below)) return false;
        node = below;
        return true;
    });

    // What is wrong with a template's braces; null for nothing.
    private static string? Fault(string text)
    {
        var open = 0;
        var rest = text;
        while (rest.IndexOf("{{", StringComparison.Ordinal) is >= 0 and var start)
        {
            if (rest[..start].Contains("}}", StringComparison.Ordinal)) return "braces that close nothing";
            var end = rest.IndexOf("}}", start, StringComparison.Ordinal);
            if (end < 0) return "an action is not closed";
            var action = rest[(start + 2)..end].Trim('-', ' ', '\n');
            rest = rest[(end + 2)..];
            if (action.StartsWith("/*", StringComparison.Ordinal)) continue;
            var bare = Literal().Replace(action, "");
            if (bare.Count(static c => c == '(') != bare.Count(static c => c == ')')) return "a parenthesis is not closed";
            open += action.Split(' ')[0] switch { "if" or "range" or "with" or "define" => 1, "end" => -1, _ => 0 };
            if (open < 0) return "an end without a beginning";
        }
        if (rest.Contains("}}", StringComparison.Ordinal)) return "braces that close nothing";
        return open == 0 ? null : $"{open} blocks are not ended";
    }

    [GeneratedRegex(@"\.Values\.([\w.]+)")]
    private static partial Regex ValuePath();

    [GeneratedRegex(@"define ""([\w.]+)""")]
    private static partial Regex Define();

    [GeneratedRegex(@"include ""([\w.]+)""")]
    private static partial Regex Include();

    [GeneratedRegex(@"""[^""]*""")]
    private static partial Regex Literal();
}
