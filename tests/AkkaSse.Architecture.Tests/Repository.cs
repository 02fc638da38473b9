using System.Diagnostics;

namespace AkkaSse.Architecture.Tests;

/// <summary>The working copy that these tests read: found upwards from the test's own output, so that it does not matter where they are
/// started.</summary>
internal static class Repository
{
    private static readonly string[] Generated = ["bin", "obj", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts", ".git", ".vs",
        ".idea", "node_modules"];

    internal static string Root { get; } = FindRoot();

    /// <summary>Every file that belongs to the repository, as a path from its root with <c>/</c>: what git tracks or would track; without
    /// git, everything that is not generated.</summary>
    internal static IReadOnlyList<string> Files { get; } = [.. (FromGit() ?? FromDisk()).Where(f => File.Exists(PathOf(f)))
        .Order(StringComparer.Ordinal)];

    internal static string PathOf(string file) => Path.Combine(Root, file.Replace('/', Path.DirectorySeparatorChar));

    internal static string Read(string file) => File.ReadAllText(PathOf(file));

    internal static string[] Lines(string file) => File.ReadAllLines(PathOf(file));

    internal static IEnumerable<string> Under(string folder, string extension) =>
        Files.Where(f => f.StartsWith(folder + "/", StringComparison.Ordinal) && f.EndsWith(extension, StringComparison.Ordinal));

    /// <summary>True for a file that holds no text, told by a NUL among its first bytes.</summary>
    internal static bool IsBinary(string file)
    {
        using var stream = File.OpenRead(PathOf(file));
        Span<byte> start = stackalloc byte[4096];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return start[..read].Contains((byte)0);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AkkaSse.sln"))) return folder.FullName;
        }
        throw new InvalidOperationException($"No AkkaSse.sln lies above {AppContext.BaseDirectory}.");
    }

    private static string[]? FromGit()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            {
                WorkingDirectory = Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            // Unread, a full pipe of complaints would keep git from ending.
            git.ErrorDataReceived += static (_, _) => { };
            git.BeginErrorReadLine();
            var files = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            return git.ExitCode == 0 && files.Length > 0 ? files : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No git here: a source archive is checked like a clone.
            return null;
        }
    }

    private static IEnumerable<string> FromDisk() =>
        Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Root, f).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(f => !f.Split('/').Any(part => Generated.Contains(part)));
}
