using System.Diagnostics;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Packaging.Tests.Support;

/// <summary>A small repository in a temporary folder with the scripts of this one, ready to release 0.2.0 after 0.1.0.</summary>
internal sealed class ReleaseRepository : IDisposable
{
    private static readonly string s_scripts = Path.Combine(BuildOutput.Root, "eng");

    internal const string Version = "0.2.0";

    private ReleaseRepository()
    {
    }

    internal string Root { get; } = Directory.CreateTempSubdirectory("akkasse-release-").FullName;

    internal static async Task<ReleaseRepository> CreateAsync()
    {
        var repository = new ReleaseRepository();
        try
        {
            Directory.CreateDirectory(Path.Combine(repository.Root, "eng"));
            foreach (var script in Directory.EnumerateFiles(s_scripts, "*.sh"))
                File.Copy(script, Path.Combine(repository.Root, "eng", Path.GetFileName(script)));
            await repository.WriteAsync("CHANGELOG.md", $"# Changelog\n\n## [Unreleased]\n\n## [{Version}]\n\n## [0.1.0]\n");
            await repository.WriteAsync("Directory.Build.props", $"<Project>\n  <Version>{Version}</Version>\n</Project>\n");
            await repository.GitAsync("init -q -b main && git add -A && git commit -qm start && git tag v0.1.0");
            return repository;
        }
        catch
        {
            repository.Dispose();
            throw;
        }
    }

    internal Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(Root, file), text);

    /// <summary>Runs git, and what follows it, and fails when that fails.</summary>
    internal async Task GitAsync(string arguments)
    {
        var (code, output) = await ShellAsync(Root, $"git {arguments}");
        code.ShouldBe(0, output);
    }

    /// <summary>Runs the release script; its exit code, and all that it wrote.</summary>
    internal Task<(int Code, string Output)> ReleaseAsync(params string[] arguments) =>
        ShellAsync(Root, "exec bash eng/release.sh \"$@\"", arguments);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>Runs a script in bash, with an identity for git and none of the machine's settings for it.</summary>
    internal static async Task<(int Code, string Output)> ShellAsync(string folder, string script, params string[] arguments)
    {
        var info = new ProcessStartInfo("bash", ["-c", "exec 2>&1; " + script, "bash", .. arguments])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder,
        };
        foreach (var (key, value) in new[] { ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.org"), ("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.org") })
            info.Environment[key] = value;
        using var bash = Process.Start(info)!;
        var output = await Eventually.Within(bash.StandardOutput.ReadToEndAsync(), $"the end of: {script}");
        await bash.WaitForExitAsync();
        return (bash.ExitCode, output);
    }
}
