using System.Text;

namespace AkkaSse.Documentation.Tests;

/// <summary>A fenced block of a document.</summary>
/// <param name="File">The document, from the repository's root.</param>
/// <param name="Line">Of the fence, from 1.</param>
/// <param name="Language">What stands after the fence.</param>
/// <param name="Text">The block.</param>
/// <param name="Before">
/// What a reader has in front of it already: the text of an HTML comment directly before the block that begins with <c>&lt;!-- csharp
/// before this:</c>. Pages that show the document do not show it.
/// </param>
public sealed record Block(string File, int Line, string Language, string Text, string Before)
{
    private const string Marker = "<!-- csharp before this:";

    /// <summary>The working copy: found upwards from the test's own output.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The documents that people read, those of packages among them, from the repository's root.</summary>
    public static IReadOnlyList<string> Documents { get; } =
        [.. new[] { "README.md", "CONTRIBUTING.md" }.Concat(new[] { "docs", "samples", "src", "tests" }.SelectMany(Markdown))];

    /// <summary>Every block of the documents that people read.</summary>
    public static IReadOnlyList<Block> All { get; } =
        [.. Documents.SelectMany(Read)];

    public string Place => $"{File}:{Line}";

    /// <inheritdoc/>
    public override string ToString() => Place;

    /// <summary>The first block of a document that contains a text.</summary>
    public static Block Find(string file, string text) => All.First(b => b.File == file && b.Text.Contains(text, StringComparison.Ordinal));

    internal static IEnumerable<Block> Read(string file, string[] lines)
    {
        var before = new StringBuilder();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] == Marker)
            {
                while (lines[++i] != "-->") before.AppendLine(lines[i]);
            }
            else if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                var (fence, start) = (lines[i], i);
                var text = new StringBuilder();
                while (lines[++i] != "```") text.AppendLine(lines[i]);
                yield return new Block(file, start + 1, fence[3..], text.ToString(), before.ToString());
                before.Clear();
            }
            else if (before.Length > 0)
            {
                throw new InvalidOperationException($"{file}:{i + 1}: a comment '{Marker}' is not directly before a block.");
            }
        }
    }

    private static IEnumerable<Block> Read(string file) => Read(file, System.IO.File.ReadAllLines(Path.Combine(Root, file)));

    private static IEnumerable<string> Markdown(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.md", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Root, f)).Where(static f => !f.Split('/').Any(static p => p is "bin" or "obj"))
                .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "AkkaSse.sln"))) return folder.FullName;
        }
        throw new InvalidOperationException($"No AkkaSse.sln lies above {AppContext.BaseDirectory}.");
    }
}
