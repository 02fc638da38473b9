using System.Xml.Linq;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Packaging.Tests.Support;

/// <summary>A project that becomes a package: all of src but the server, and the suites for engines.</summary>
/// <param name="Name">The project's and the package's name.</param>
/// <param name="Folder">From the repository's root.</param>
internal sealed record PackageProject(string Name, string Folder)
{
    /// <summary>The package of the server, which is no library.</summary>
    internal const string Tool = "AkkaSse.Tool";

    private const string Specs = "AkkaSse.Engine.Specs";

    internal static IReadOnlyList<PackageProject> All { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(BuildOutput.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(static f => Path.GetFileNameWithoutExtension(f)).Where(static n => n != "AkkaSse.Server")
            .Order(StringComparer.Ordinal).Select(static n => new PackageProject(n, $"src/{n}")),
        new PackageProject(Specs, $"tests/{Specs}"),
    ];

    /// <summary>What the project file references and does not keep to itself.</summary>
    internal IReadOnlyList<string> References =>
        [.. Items("ProjectReference").Select(static r => Path.GetFileNameWithoutExtension(r)!).Concat(Items("PackageReference"))];

    /// <summary>The first program in C# of the package's readme.</summary>
    internal string Snippet
    {
        get
        {
            var lines = File.ReadAllLines(Path.Combine(BuildOutput.Root, Folder, "README.md"));
            var start = Array.IndexOf(lines, "```csharp") + 1;
            return string.Join('\n', lines[start..Array.IndexOf(lines, "```", start)]) + "\n";
        }
    }

    internal static PackageProject Of(string name) => All.Single(p => p.Name == name);

    private IEnumerable<string> Items(string kind) => XDocument.Load(Path.Combine(BuildOutput.Root, Folder, Name + ".csproj"))
        .Descendants(kind).Where(static e => e.Attribute("PrivateAssets") is null).Select(static e => e.Attribute("Include")!.Value);
}
