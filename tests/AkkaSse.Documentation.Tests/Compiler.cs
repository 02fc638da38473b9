using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AkkaSse.Documentation.Tests;

/// <summary>Compiles a program as the SDK does for a project of <c>dotnet new web</c>: its implicit usings, nullable on.</summary>
internal static class Compiler
{
    private static readonly string[] s_usings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Net.Http.Json", "System.Threading",
            "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing",
            "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    // A library built against an older version of the framework's assemblies is no fault.
    private static readonly Dictionary<string, ReportDiagnostic> s_asTheSdk = new()
    {
        ["CS1701"] = ReportDiagnostic.Suppress,
        ["CS1702"] = ReportDiagnostic.Suppress,
    };

    private static readonly CSharpParseOptions s_language = new(LanguageVersion.Latest);

    private static readonly SyntaxTree s_implicit =
        CSharpSyntaxTree.ParseText(string.Concat(s_usings.Select(static u => $"global using global::{u};\n")), s_language);

    // All assemblies that this test could load: the frameworks', the libraries' and those of the packages they need.
    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(
            static p => MetadataReference.CreateFromFile(p)),
    ];

    /// <summary>A block with what stands before it, usings first.</summary>
    public static string Compose(Block block)
    {
        var (before, own) = (Split(block.Before), Split(block.Text));
        return string.Join('\n', before.Usings.Concat(own.Usings).Distinct()) + "\n" + before.Code
            + $"\n#line {block.Line + 1 + own.Lines} \"{block.File}\"\n" + own.Code;
    }

    /// <summary>Compiles, and writes the assembly where a path is given.</summary>
    /// <returns>The errors and warnings that a user would see.</returns>
    public static IReadOnlyList<string> Compile(string source, string? path = null)
    {
        var tree = CSharpSyntaxTree.ParseText(source, s_language);
        var program = tree.GetCompilationUnitRoot().Members.Any(static m => m is GlobalStatementSyntax);
        var options = new CSharpCompilationOptions(
            program ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable,
            specificDiagnosticOptions: s_asTheSdk);
        var name = path is null ? "snippet" : Path.GetFileNameWithoutExtension(path);
        var compilation = CSharpCompilation.Create(name, [s_implicit, tree], s_references, options);
        var found = compilation.GetDiagnostics();
        if (path is not null && !found.Any(static d => d.Severity == DiagnosticSeverity.Error))
        {
            using var file = File.Create(path);
            found = compilation.Emit(file).Diagnostics;
        }

        return [.. found.Where(static d => d.Severity >= DiagnosticSeverity.Warning).Select(
            static d => $"{d.Location.GetMappedLineSpan()}: {d.Id} {d.GetMessage()}")];
    }

    private static (List<string> Usings, string Code, int Lines) Split(string text)
    {
        var lines = text.Split('\n').ToList();
        var count = lines.FindLastIndex(static l => l.StartsWith("using ", StringComparison.Ordinal) && l.Contains(';') && !l.Contains('='))
            + 1;
        return (lines[..count], string.Join('\n', lines[count..]), count);
    }
}
