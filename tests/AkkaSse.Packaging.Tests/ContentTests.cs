using System.Buffers.Binary;
using AkkaSse.Packaging.Tests.Support;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Packaging.Tests;

/// <summary>What stands in each package, and that nothing else becomes one.</summary>
[Trait("speed", "slow")]
[Collection(PackedPackagesCollection.Name)]
public sealed class ContentTests(PackedPackages packed)
{
    private const string Specs = "AkkaSse.Engine.Specs";
    private const string Testing = "AkkaSse.Testing";

    private static readonly byte[] s_pngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static TheoryData<string> Names => [.. PackageProject.All.Select(static p => p.Name)];

    [Fact]
    public void Libraries_engine_suites_and_the_tool_are_packages_and_nothing_else_is() =>
        Directory.EnumerateFiles(packed.Folder).Select(static f => Path.GetFileName(f)).ShouldBe(
            from name in PackageProject.All.Select(static p => p.Name).Append(PackageProject.Tool)
            from extension in new[] { "nupkg", "snupkg" }
            select $"{name}.{packed.Version}.{extension}", ignoreOrder: true);

    [Fact]
    public void Packing_warns_of_nothing() => packed.Output.ShouldNotMatch(@"\bwarning [A-Z]+\d+");

    [Theory]
    [MemberData(nameof(Names))]
    public void Package_has_its_library_documentation_readme_and_icon(string name)
    {
        using var package = packed.Open(name);
        string[] libraries = name == Specs ? [name, Testing] : [name];
        var files = libraries.SelectMany(static l => new[] { $"lib/net10.0/{l}.dll", $"lib/net10.0/{l}.xml" });
        package.Entries.ShouldBe([$"{name}.nuspec", "README.md", "icon.png", .. files], ignoreOrder: true);
        package.Text($"lib/net10.0/{name}.xml").ShouldContain("<member name=");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Symbols_of_every_library_lie_beside_the_package(string name)
    {
        using var package = packed.Open(name);
        using var symbols = packed.Open(name, "snupkg");
        var libraries = package.Entries.Where(static e => e.EndsWith(".dll", StringComparison.Ordinal));
        symbols.Entries.Where(static e => e.StartsWith("lib/", StringComparison.Ordinal))
            .ShouldBe(libraries.Select(static l => Path.ChangeExtension(l, "pdb")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nuspec_says_what_a_package_page_shows(string name)
    {
        using var package = packed.Open(name);
        package.Value("id").ShouldBe(name);
        package.Value("description").ShouldNotBeNull().Length.ShouldBeInRange(80, 400);
        package.Value("authors").ShouldNotBeNull();
        package.Value("tags").ShouldNotBeNull().ShouldContain("server-sent-events");
        package.Value("readme").ShouldBe("README.md");
        package.Value("icon").ShouldBe("icon.png");
        package.Value("license").ShouldBe("Apache-2.0");
        package.Element("license")!.Attribute("type")!.Value.ShouldBe("expression");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Icon_is_a_png_of_128_by_128(string name)
    {
        using var package = packed.Open(name);
        var png = package.Bytes("icon.png");
        png[..8].ShouldBe(s_pngSignature);
        (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))).ShouldBe((128, 128));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Package_brings_along_what_its_project_references(string name)
    {
        using var package = packed.Open(name);
        var dependencies = package.Dependencies;
        dependencies.Keys.ShouldBe(PackageProject.Of(name).References, ignoreOrder: true);
        foreach (var (id, version) in dependencies)
        {
            if (PackageProject.All.Any(p => p.Name == id)) version.ShouldBe(packed.Version, id);
            id.ShouldNotContain("Test");
        }
    }

    [Fact]
    public void Asp_net_core_library_brings_no_engine_for_several_nodes_along()
    {
        using var package = packed.Open("AkkaSse.AspNetCore");
        package.Dependencies.Keys.ShouldBe(["AkkaSse.Hub", "AkkaSse.Protocol"], ignoreOrder: true);
        var frameworks = package.Metadata.Descendants().Where(static e => e.Name.LocalName == "frameworkReference");
        frameworks.Select(static e => e.Attribute("name")!.Value).ShouldBe(["Microsoft.AspNetCore.App"]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Readme_has_no_link_that_leads_nowhere_on_a_package_page(string name)
    {
        using var package = packed.Open(name);
        var readme = package.Text("README.md");
        readme.ShouldStartWith($"# {name}\n");
        readme.ShouldNotContain("](../");
        readme.ShouldContain("docs/");
        // Semicolons and percent signs of programs stand as they were.
        readme.ShouldContain(PackageProject.Of(name).Snippet);
    }

    [Fact]
    public async Task With_an_address_of_the_repository_package_and_readme_lead_there()
    {
        const string Address = "https://example.org/hub";
        var folder = packed.Folder + "-addressed";
        var version = packed.Version + "a";
        var project = Path.Combine(BuildOutput.Root, "src", "AkkaSse.Client", "AkkaSse.Client.csproj");
        await Dotnet.PackAsync(project, folder, version, $"-p:RepositoryUrl={Address}");
        using var package = new Package(Path.Combine(folder, $"AkkaSse.Client.{version}.nupkg"));
        package.Value("projectUrl").ShouldBe(Address);
        package.Element("repository")!.Attribute("url")!.Value.ShouldBe(Address);
        package.Element("repository")!.Attribute("type")!.Value.ShouldBe("git");
        package.Text("README.md").ShouldContain($"[docs/client.md]({Address}/blob/v{version}/docs/client.md)");
    }
}
