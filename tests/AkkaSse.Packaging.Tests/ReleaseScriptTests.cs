using AkkaSse.Packaging.Tests.Support;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Packaging.Tests;

/// <summary>What eng/release.sh refuses, in a small repository of its own. Nothing is built here.</summary>
public sealed class ReleaseScriptTests
{
    [Fact]
    public async Task Dry_run_names_both_commands_and_builds_nothing()
    {
        using var repository = await ReleaseRepository.CreateAsync();
        var (code, output) = await repository.ReleaseAsync(ReleaseRepository.Version, "--dry-run");
        code.ShouldBe(0, output);
        output.ShouldContain("git push origin v0.2.0");
        output.ShouldContain("dotnet nuget push 'artifacts/packages/*.nupkg'");
        Directory.Exists(Path.Combine(repository.Root, "artifacts")).ShouldBeFalse();
        await repository.GitAsync("diff --quiet v0.1.0 HEAD && test -z \"$(git status --porcelain)\"");
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        using var repository = await ReleaseRepository.CreateAsync();
        await repository.GitAsync("checkout -qb other");
        await repository.WriteAsync("new.txt", "x");
        var (code, output) = await repository.ReleaseAsync("0.0.9", "--dry-run");
        code.ShouldBe(1);
        output.ShouldContain("releases are made of main; this is other");
        output.ShouldContain("changes that are not committed");
        output.ShouldContain("0.0.9 is not above the last release, 0.1.0");
        output.ShouldContain("no section '## [0.0.9]'");
        output.ShouldContain("<Version>0.2.0</Version>");
    }

    [Theory]
    [InlineData("checkout -q --detach", "this is a detached commit")]
    [InlineData("tag v0.10.0", "0.2.0 is not above the last release, 0.10.0")]
    [InlineData("tag v0.2.0", "0.2.0 is not above the last release, 0.2.0")]
    [InlineData("rm -q --cached CHANGELOG.md", "changes that are not committed")]
    public async Task Repository_in_another_state_is_refused_for_that_alone(string git, string reason)
    {
        using var repository = await ReleaseRepository.CreateAsync();
        await repository.GitAsync(git);
        var (code, output) = await repository.ReleaseAsync(ReleaseRepository.Version, "--dry-run");
        code.ShouldBe(1, output);
        output.Trim().Split('\n').ShouldHaveSingleItem().ShouldContain(reason);
    }

    [Theory]
    [InlineData("tag v0.2.0-rc.1")]
    [InlineData("tag version-9 && git tag v9")]
    public async Task Pre_release_of_the_version_and_other_tags_hinder_nothing(string git)
    {
        using var repository = await ReleaseRepository.CreateAsync();
        await repository.GitAsync(git);
        var (code, output) = await repository.ReleaseAsync(ReleaseRepository.Version, "--dry-run");
        code.ShouldBe(0, output);
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("v1.0.0")]
    [InlineData("01.0.0")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0-01")]
    [InlineData("1.0.0-a..b")]
    [InlineData("1.0.0+5")]
    [InlineData("1.0.0 ")]
    [InlineData("")]
    [InlineData("--push")]
    public async Task What_is_no_version_is_refused(string version)
    {
        using var repository = await ReleaseRepository.CreateAsync();
        var (code, output) = await repository.ReleaseAsync(version);
        code.ShouldBe(2, output);
    }

    // The order that semver.org gives as an example, and numbers that text would order otherwise.
    [Theory]
    [InlineData("1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0")]
    [InlineData("0.9.0 0.10.0 1.0.0 1.0.1 1.0.10 1.1.0 2.0.0 2.1.0 2.1.1 10.0.0")]
    [InlineData("1.0.0-1 1.0.0-2 1.0.0-10 1.0.0-1a 1.0.0-Z 1.0.0-a 1.0.0-a-b")]
    public async Task Versions_are_ordered_as_semantic_versioning_says(string ascending)
    {
        const string Script = """
            . eng/semver.sh
            for ((a = 1; a <= $#; a++)); do for ((b = 1; b <= $#; b++)); do
              is_semver "${!a}" || echo "${!a} is no version"
              semver_above "${!a}" "${!b}" && above=1 || above=0
              [ $above -eq $((a > b)) ] || echo "${!a} above ${!b}: $above"
            done; done
            """;
        var (code, output) = await ReleaseRepository.ShellAsync(BuildOutput.Root, Script, ascending.Split(' '));
        output.ShouldBeEmpty();
        code.ShouldBe(0);
    }
}
