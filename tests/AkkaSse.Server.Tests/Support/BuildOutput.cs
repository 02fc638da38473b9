namespace AkkaSse.Server.Tests.Support;

/// <summary>Where the build put the programs that tests start.</summary>
internal static class BuildOutput
{
    /// <summary>The repository's root: the directory of the solution.</summary>
    internal static string Root { get; } = FindRoot();

    /// <summary>A built program, of the same configuration as the running tests.</summary>
    internal static string Program(string project, string assembly)
    {
        var parts = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        var path = Path.Combine(Root, project, "bin", parts[^2], parts[^1], assembly + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing; build the solution first.");
    }

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "AkkaSse.sln"))) return at.FullName;
        }
        throw new DirectoryNotFoundException("No AkkaSse.sln above the tests.");
    }
}
