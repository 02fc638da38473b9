using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace AkkaSse.Architecture.Tests;

/// <summary>The outer form of source files: how long a line is, how many types stand in a file, and which namespace a file has.</summary>
public sealed class SourceFormTests
{
    // As .editorconfig has it.
    private const int MaxColumns = 140;
    private const int MaxTypes = 3;

    // Families that are read together: the messages of one protocol, the notifications of one base type, shapes of a description, one-line
    // derivations of the specs.
    private static readonly string[] Families = ["Messages.cs", "Notification.cs", "Shapes.cs", "SpecsTests.cs"];

    // One rule for each project. Flat: a user writes one using. Folder: the namespace is the folder; a file of public types alone may have
    // the project's.
    private static readonly Dictionary<string, bool> IsFlat = new(StringComparer.Ordinal)
    {
        ["AkkaSse.Protocol"] = true,
        ["AkkaSse.Client"] = true,
        ["AkkaSse.AspNetCore"] = true,
        ["AkkaSse.Hub"] = false,
        ["AkkaSse.Postgres"] = false,
        ["AkkaSse.Cluster"] = false,
        ["AkkaSse.Storage"] = false,
        ["AkkaSse.AkkaStreams"] = false,
        ["AkkaSse.Server"] = false,
    };

    // Where a user of these frameworks finds extensions of them.
    private static readonly string[] Frameworks =
        ["Akka.Hosting", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.Extensions.DependencyInjection"];

    private static IEnumerable<string> Code => Repository.Files.Where(static f => f.EndsWith(".cs", StringComparison.Ordinal));

    [Fact]
    public void No_line_is_longer_than_editorconfig_allows() =>
        Code.SelectMany(static f => LongLines(Repository.Read(f)).Select(l => $"{f}:{l}: longer than {MaxColumns} columns"))
            .ShouldBeEmpty();

    [Fact]
    public void File_has_few_types_unless_they_are_a_family() =>
        Code.Where(static f => !Array.Exists(Families, e => f.EndsWith(e, StringComparison.Ordinal)))
            .Select(static f => (File: f, Types: Types(Repository.Read(f))))
            .Where(static f => f.Types > MaxTypes)
            .Select(static f => $"{f.File} has {f.Types} top-level types; at most {MaxTypes} are allowed.")
            .ShouldBeEmpty();

    [Fact]
    public void Namespace_follows_the_rule_of_the_project() =>
        Repository.Under("src", ".cs").Select(static f => WrongNamespace(f, Repository.Read(f))).OfType<string>().ShouldBeEmpty();

    [Fact]
    public void Long_line_is_found_but_not_inside_a_literal_of_several_lines()
    {
        var wide = new string('x', MaxColumns);
        LongLines($"// {wide}").ShouldBe([1]);
        LongLines($"\n\nvar a = 1; // {wide}").ShouldBe([3]);
        LongLines($"var a = \"\"\"\n    {wide}\n    \"\"\";").ShouldBeEmpty();
        LongLines($"var a = \"{wide}\";").ShouldBeEmpty("one word cannot be divided");
        LongLines($"var a = \"{wide} {wide}\";").ShouldBe([1]);
    }

    [Theory]
    [InlineData("src/AkkaSse.Hub/Streams/A.cs", "namespace AkkaSse.Hub.Streams; internal class A;", true)]
    [InlineData("src/AkkaSse.Hub/Streams/A.cs", "namespace AkkaSse.Hub; public class A;", true)]
    [InlineData("src/AkkaSse.Hub/Streams/A.cs", "namespace AkkaSse.Hub; internal class A;", false)]
    [InlineData("src/AkkaSse.Client/Reading/A.cs", "namespace AkkaSse.Client; internal class A;", true)]
    [InlineData("src/AkkaSse.Client/Reading/A.cs", "namespace AkkaSse.Client.Reading; internal class A;", false)]
    [InlineData("src/AkkaSse.AspNetCore/Setup/A.cs", "namespace Microsoft.AspNetCore.Builder; public class A;", true)]
    [InlineData("src/AkkaSse.AspNetCore/Setup/A.cs", "namespace Microsoft.AspNetCore.Builder; internal class A;", false)]
    [InlineData("src/AkkaSse.New/A.cs", "namespace AkkaSse.New; public class A;", false)]
    public void Namespace_of_a_file_is_judged(string file, string code, bool isRight) =>
        (WrongNamespace(file, code) is null).ShouldBe(isRight);

    // Lines inside literals that span lines are text, not code; a literal without a blank cannot be divided.
    private static IEnumerable<int> LongLines(string code)
    {
        var lines = SourceText.From(code).Lines;
        if (!lines.Any(static l => l.Span.Length > MaxColumns)) return [];
        var root = CSharpSyntaxTree.ParseText(code).GetRoot();
        var text = new HashSet<int>();
        foreach (var token in root.DescendantTokens().Where(
            static t => t.Text.Length > 0 && t.IsKind(SyntaxKind.InterpolatedStringTextToken) || IsLiteral(t)))
        {
            var (first, last) = (lines.GetLineFromPosition(token.SpanStart).LineNumber, lines.GetLineFromPosition(token.Span.End)
                .LineNumber);
            if (first < last || !token.Text.Contains(' ', StringComparison.Ordinal))
                text.UnionWith(Enumerable.Range(first, last - first + 1));
        }
        return lines.Where(l => l.Span.Length > MaxColumns && !text.Contains(l.LineNumber)).Select(static l => l.LineNumber + 1);

        static bool IsLiteral(SyntaxToken t) =>
            t.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken
                or SyntaxKind.Utf8MultiLineRawStringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken;
    }

    private static int Types(string code) =>
        TopLevel(code).Count(static m => m is not BaseTypeDeclarationSyntax t || !t.Modifiers.Any(SyntaxKind.FileKeyword));

    private static IEnumerable<MemberDeclarationSyntax> TopLevel(string code) =>
        ((CompilationUnitSyntax)CSharpSyntaxTree.ParseText(code).GetRoot()).Members
            .SelectMany(static m => m is BaseNamespaceDeclarationSyntax n ? [.. n.Members] : new[] { m })
            .Where(static m => m is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax);

    private static string? WrongNamespace(string file, string code)
    {
        var root = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(code).GetRoot();
        if (root.Members.OfType<BaseNamespaceDeclarationSyntax>().SingleOrDefault()?.Name.ToString() is not { } found) return null;
        var parts = file.Split('/')[1..^1];
        if (!IsFlat.TryGetValue(parts[0], out var flat)) return $"{parts[0]} has no rule for its namespaces.";
        var isPublic = TopLevel(code).All(static m => m.Modifiers.Any(SyntaxKind.PublicKeyword));
        string[] allowed = flat ? [parts[0]] : isPublic ? [string.Join('.', parts), parts[0]] : [string.Join('.', parts)];
        return allowed.Contains(found) || (isPublic && Frameworks.Contains(found)) ? null
            : $"{file} has the namespace {found}; {string.Join(" or ", allowed)} is allowed.";
    }
}
