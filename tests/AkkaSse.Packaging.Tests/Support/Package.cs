using System.IO.Compression;
using System.Xml.Linq;

namespace AkkaSse.Packaging.Tests.Support;

/// <summary>A package file: its entries and what its nuspec says.</summary>
internal sealed class Package : IDisposable
{
    private readonly ZipArchive _archive;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    internal Package(string file)
    {
        _archive = ZipFile.OpenRead(file);
        // Besides what the project gives, every package has the parts of its format.
        Entries = [.. _archive.Entries.Select(static e => e.FullName)
            .Where(static e => !e.StartsWith("_rels/", StringComparison.Ordinal) && !e.StartsWith("package/", StringComparison.Ordinal))
            .Where(static e => e != "[Content_Types].xml").Order(StringComparer.Ordinal)];
        Metadata = XDocument.Parse(Text(Entries.Single(static e => e.EndsWith(".nuspec", StringComparison.Ordinal)))).Root!
            .Elements().Single(static e => e.Name.LocalName == "metadata");
    }

    internal IReadOnlyList<string> Entries { get; }

    internal XElement Metadata { get; }

    /// <summary>Names and version ranges of the packages that come along.</summary>
    internal IReadOnlyDictionary<string, string> Dependencies => Metadata.Descendants().Where(static e => e.Name.LocalName == "dependency")
        .ToDictionary(static e => e.Attribute("id")!.Value, static e => e.Attribute("version")!.Value);

    /// <summary>An element of the metadata; null when absent or empty.</summary>
    internal string? Value(string name) => Element(name)?.Value is { Length: > 0 } value ? value : null;

    internal XElement? Element(string name) => Metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name);

    internal string Text(string entry)
    {
        using var reader = new StreamReader(Open(entry));
        return reader.ReadToEnd();
    }

    internal byte[] Bytes(string entry)
    {
        using var content = Open(entry);
        using var copy = new MemoryStream();
        content.CopyTo(copy);
        return copy.ToArray();
    }

    public void Dispose() => _archive.Dispose();

    private Stream Open(string entry) =>
        (_archive.GetEntry(entry) ?? throw new FileNotFoundException($"{entry} is not among {string.Join(", ", Entries)}")).Open();
}
