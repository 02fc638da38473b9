using System.Xml.Linq;

namespace AkkaSse.Architecture.Tests;

/// <summary>What a project file says about others.</summary>
/// <param name="Path">Path from the repository's root.</param>
/// <param name="References">Names of the referenced projects.</param>
/// <param name="ReferencePaths">Paths of the referenced projects from the repository's root.</param>
/// <param name="Packages">Names of the referenced packages.</param>
/// <param name="VersionedPackages">Packages that carry a version of their own.</param>
internal sealed record ProjectFile(string Path, IReadOnlyList<string> References, IReadOnlyList<string> ReferencePaths,
    IReadOnlyList<string> Packages, IReadOnlyList<string> VersionedPackages)
{
    internal string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    internal static IReadOnlyList<ProjectFile> All { get; } = [.. Repository.Files
        .Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).Select(f => Parse(f, Repository.Read(f)))];

    internal static ProjectFile Parse(string path, string xml)
    {
        var document = XDocument.Parse(xml);
        var paths = Items(document, "ProjectReference").Select(r => Resolve(path, Included(r))).ToArray();
        var packages = Items(document, "PackageReference").ToArray();
        return new ProjectFile(
            path,
            [.. paths.Select(p => System.IO.Path.GetFileNameWithoutExtension(p))],
            paths,
            [.. packages.Select(Included)],
            [.. packages.Where(p => p.Attribute("Version") is not null || p.Attribute("VersionOverride") is not null).Select(Included)]);
    }

    private static IEnumerable<XElement> Items(XDocument document, string kind) =>
        document.Descendants().Where(e => e.Name.LocalName == kind && e.Attribute("Include") is not null);

    private static string Included(XElement item) => item.Attribute("Include")!.Value;

    private static string Resolve(string project, string reference)
    {
        var parts = new List<string>(project.Split('/')[..^1]);
        foreach (var part in reference.Replace('\\', '/').Split('/'))
        {
            if (part == "..") parts.RemoveAt(parts.Count - 1);
            else if (part != ".") parts.Add(part);
        }
        return string.Join('/', parts);
    }
}
