using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Packaging.Tests.Support;

/// <summary>
/// All packages, packed once from what is built into a temporary folder, and a place outside of the repository for applications that use
/// them. The version is one that no feed has, so that no package comes from elsewhere.
/// </summary>
public sealed class PackedPackages : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("akkasse-packages-").FullName;

    /// <summary>The version of all of them.</summary>
    public string Version { get; } = $"0.0.1-t{Guid.NewGuid():N}";

    /// <summary>Where they are.</summary>
    public string Folder => Path.Combine(_root, "feed");

    /// <summary>What packing them said.</summary>
    public string Output { get; private set; } = "";

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Path.Combine(_root, "nuget.config"), Configuration());
        try
        {
            Output = await Dotnet.PackAsync(Path.Combine(BuildOutput.Root, "AkkaSse.sln"), Folder, Version);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>A package with this extension.</summary>
    internal Package Open(string name, string extension = "nupkg") => new(Path.Combine(Folder, $"{name}.{Version}.{extension}"));

    /// <summary>Installs the command line of the hub.</summary>
    /// <returns>The path of the installed command.</returns>
    internal async Task<string> InstallToolAsync()
    {
        var folder = Path.Combine(_root, "tools");
        var (configuration, home) = (Path.Combine(_root, "nuget.config"), Path.Combine(_root, "home"));
        await Dotnet.InstallToolAsync(PackageProject.Tool, Version, folder, configuration, home);
        return Path.Combine(folder, OperatingSystem.IsWindows() ? "akkasse.exe" : "akkasse");
    }

    /// <summary>Makes an application outside of the repository that references packages, and builds it.</summary>
    /// <param name="template">The SDK's template, <c>web</c> or <c>console</c>.</param>
    /// <param name="name">The application's name.</param>
    /// <param name="program">Its Program.cs.</param>
    /// <param name="packages">The packages.</param>
    /// <returns>The path of the built program.</returns>
    internal async Task<string> BuildApplicationAsync(string template, string name, string program, params IEnumerable<string> packages)
    {
        var folder = Path.Combine(_root, name);
        await Dotnet.NewAsync(template, folder, Path.Combine(_root, "home"));
        var project = Path.Combine(folder, name + ".csproj");
        var references = packages.Select(p => $"""    <PackageReference Include="{p}" Version="{Version}" />{"\n"}""");
        var text = await File.ReadAllTextAsync(project);
        var group = $"  <ItemGroup>\n{string.Concat(references)}  </ItemGroup>\n";
        await File.WriteAllTextAsync(project, text.Replace("</Project>", group + "</Project>", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program);
        await Dotnet.BuildAsync(folder);
        return Directory.GetFiles(Path.Combine(folder, "bin"), name + ".dll", SearchOption.AllDirectories).ShouldHaveSingleItem();
    }

    // The packages are unpacked here and not among the machine's, which are looked at before a feed is asked.
    private string Configuration()
    {
        var machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var fallback = Directory.Exists(machine)
            ? $"""<fallbackPackageFolders><add key="machine" value="{machine}" /></fallbackPackageFolders>"""
            : "";
        return $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(_root, "unpacked")}" /></config>
              <packageSources><add key="packed" value="{Folder}" /></packageSources>
              {fallback}
            </configuration>
            """;
    }
}

/// <summary>The classes that share what is packed, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PackedPackagesCollection : ICollectionFixture<PackedPackages>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "packages";
}
