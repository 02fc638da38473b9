using System.Text.RegularExpressions;

namespace AkkaSse.Documentation.Tests;

/// <summary>Links of the documents lead to files and headings of the repository, and files that CONTRIBUTING.md names exist.</summary>
public sealed partial class LinkTests
{
    private static readonly string[] s_linked = [.. Block.Documents, "CHANGELOG.md", ".github/SECURITY.md"];

    [Fact]
    public void Relative_links_lead_to_files_and_headings() =>
        s_linked.SelectMany(static d => Faults(d, File.ReadAllText(Path.Combine(Block.Root, d)))).ShouldBeEmpty();

    [Fact]
    public void Files_that_contributing_names_exist()
    {
        var text = File.ReadAllText(Path.Combine(Block.Root, "CONTRIBUTING.md"));
        var named = NamedPath().Matches(text).Select(static m => m.Groups[1].Value).ToList();
        named.Count.ShouldBeGreaterThan(30);
        // Hub/… is short for src/AkkaSse.Hub/….
        named.Select(static p => char.IsUpper(p[0]) ? $"src/AkkaSse.{p}" : p).Where(static p => !Path.Exists(Path.Combine(Block.Root, p)))
            .ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[a](docs/akka.md) and [b](docs/guarantees.md#gaps)", 0)]
    [InlineData("[a](docs/nowhere.md)", 1)]
    [InlineData("[a](docs/guarantees.md#no-such-heading)", 1)]
    [InlineData("[a](https://example.org/nowhere.md)", 0)]
    public void Link_to_nowhere_is_found(string text, int faults) => Faults("README.md", text).Count().ShouldBe(faults);

    private static IEnumerable<string> Faults(string document, string text)
    {
        foreach (var target in Link().Matches(text).Select(static m => m.Groups[1].Value))
        {
            if (target.Contains("://", StringComparison.Ordinal)) continue;
            var parts = target.Split('#');
            var file = parts[0].Length == 0
                ? Path.Combine(Block.Root, document)
                : Path.GetFullPath(Path.Combine(Block.Root, Path.GetDirectoryName(document)!, parts[0]));
            if (!Path.Exists(file)) yield return $"{document}: {target} does not exist";
            else if (parts.Length > 1 && !Headings(file).Contains(parts[1])) yield return $"{document}: {target} is no heading";
        }
    }

    // The address that web views give a heading: lower case, blanks as dashes, without punctuation.
    private static IEnumerable<string> Headings(string file) => File.ReadLines(file).Where(static l => l.StartsWith('#'))
        .Select(static l => Punctuation().Replace(l.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:src|tests|docs|bench|samples|eng|hocon|[A-Z]\w+)/[\w./-]*)`")]
    private static partial Regex NamedPath();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
