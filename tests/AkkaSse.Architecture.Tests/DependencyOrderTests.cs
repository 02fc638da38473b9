namespace AkkaSse.Architecture.Tests;

/// <summary>Who may know whom. The list is the architecture; a new reference is a decision and belongs here first.</summary>
public class DependencyOrderTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["AkkaSse.Protocol"] = [],
        ["AkkaSse.Client"] = ["AkkaSse.Protocol"],
        ["AkkaSse.Hub"] = ["AkkaSse.Protocol"],
        ["AkkaSse.Postgres"] = ["AkkaSse.Hub", "AkkaSse.Protocol"],
        ["AkkaSse.Cluster"] = ["AkkaSse.Hub", "AkkaSse.Protocol"],
        ["AkkaSse.Storage"] = ["AkkaSse.Hub", "AkkaSse.Protocol"],
        ["AkkaSse.AkkaStreams"] = ["AkkaSse.Hub", "AkkaSse.Protocol"],
        ["AkkaSse.AspNetCore"] = ["AkkaSse.Hub", "AkkaSse.Protocol"],
        ["AkkaSse.Server"] = ["AkkaSse.AspNetCore", "AkkaSse.Client", "AkkaSse.Cluster", "AkkaSse.Hub", "AkkaSse.Postgres",
            "AkkaSse.Protocol", "AkkaSse.Storage"],
    };

    public static TheoryData<string> SourceProjects =>
        [.. ProjectFile.All.Where(p => p.Path.StartsWith("src/", StringComparison.Ordinal)).Select(p => p.Path)];

    [Theory]
    [MemberData(nameof(SourceProjects))]
    public void Source_project_references_only_what_it_may(string path) =>
        Faults(ProjectFile.All.Single(p => p.Path == path)).ShouldBeEmpty();

    [Fact]
    public void Every_room_of_the_list_exists() =>
        ProjectFile.All.Where(p => p.Path.StartsWith("src/", StringComparison.Ordinal)).Select(p => p.Name).Order(StringComparer.Ordinal)
            .ShouldBe(Allowed.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Protocol_needs_no_package() => ProjectFile.All.Single(p => p.Name == "AkkaSse.Protocol").Packages.ShouldBeEmpty();

    [Fact]
    public void Only_tests_reference_the_server() =>
        ProjectFile.All.Where(p => p.References.Contains("AkkaSse.Server") && !p.Path.StartsWith("tests/", StringComparison.Ordinal))
            .Select(p => p.Path).ShouldBeEmpty();

    [Fact]
    public void References_lead_to_projects_that_exist() =>
        ProjectFile.All.SelectMany(p => p.ReferencePaths.Where(r => !Repository.Files.Contains(r)).Select(r => $"{p.Path} references {r}"))
            .ShouldBeEmpty();

    [Fact]
    public void Package_versions_stand_in_one_file() =>
        ProjectFile.All.SelectMany(p => p.VersionedPackages
            .Select(v => $"{p.Path} gives {v} a version; Directory.Packages.props does that")).ShouldBeEmpty();

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("AkkaSse.sln").Replace('\\', '/');
        ProjectFile.All.Where(p => !solution.Contains($"\"{p.Path}\"", StringComparison.Ordinal)).Select(p => p.Path).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("src/AkkaSse.Hub/AkkaSse.Hub.csproj", "../AkkaSse.Client/AkkaSse.Client.csproj",
        "AkkaSse.Hub may not reference AkkaSse.Client")]
    [InlineData("src/AkkaSse.Hub/AkkaSse.Hub.csproj", @"..\..\tests\AkkaSse.Testing\AkkaSse.Testing.csproj",
        "AkkaSse.Hub may not reference tests/AkkaSse.Testing/AkkaSse.Testing.csproj, which is no source project")]
    [InlineData("src/AkkaSse.New/AkkaSse.New.csproj", "../AkkaSse.Hub/AkkaSse.Hub.csproj", "AkkaSse.New is not in the list")]
    public void Forbidden_reference_is_found(string path, string reference, string expected) =>
        Faults(ProjectFile.Parse(path, $"""<Project><ItemGroup><ProjectReference Include="{reference}" /></ItemGroup></Project>"""))
            .ShouldHaveSingleItem().ShouldStartWith(expected);

    private static IEnumerable<string> Faults(ProjectFile project)
    {
        if (!Allowed.TryGetValue(project.Name, out var allowed))
        {
            yield return $"{project.Name} is not in the list of projects; add it with what it may reference.";
            yield break;
        }
        for (var i = 0; i < project.References.Count; i++)
        {
            if (!project.ReferencePaths[i].StartsWith("src/", StringComparison.Ordinal))
                yield return $"{project.Name} may not reference {project.ReferencePaths[i]}, which is no source project.";
            else if (!allowed.Contains(project.References[i]))
                yield return $"{project.Name} may not reference {project.References[i]}; allowed: {string.Join(", ", allowed)}.";
        }
    }
}
