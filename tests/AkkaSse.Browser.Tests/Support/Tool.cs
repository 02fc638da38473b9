using System.Collections.Concurrent;
using System.Diagnostics;
using AkkaSse.Testing;

namespace AkkaSse.Browser.Tests.Support;

/// <summary>Programs of Debian that tests run: node, npm, nginx.</summary>
internal static class Tool
{
    private static readonly string[] s_directories =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin"];

    /// <summary>Where a program is; null when it is not installed.</summary>
    internal static string? Find(string name) => s_directories.Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end, which has to be a good one; what it wrote.</summary>
    internal static async Task<string> RunAsync(string name, string directory, params string[] arguments)
    {
        var info = new ProcessStartInfo(Find(name)!)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory,
        };
        foreach (var argument in arguments) info.ArgumentList.Add(argument);
        using var process = new Process { StartInfo = info };
        var lines = new ConcurrentQueue<string>();
        process.OutputDataReceived += (_, e) => lines.Enqueue(e.Data ?? "");
        process.ErrorDataReceived += (_, e) => lines.Enqueue(e.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        string Told() => $"{name} {string.Join(' ', arguments)}\n{string.Join('\n', lines)}";
        try
        {
            await Eventually.Until(() => process.HasExited, Told, () => lines.Count);
            // Its last lines.
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0, Told());
            return string.Join('\n', lines);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}

/// <summary>A test that needs programs of Debian; without one of them it is counted as skipped, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(params string[] tools)
    {
        Tools = tools;
        if (tools.FirstOrDefault(static t => Tool.Find(t) is null) is { } missing) Skip = $"No {missing} found; install the package.";
    }

    /// <summary>The programs.</summary>
    public IReadOnlyList<string> Tools { get; }

    /// <summary>Whether it needs chromium besides.</summary>
    public bool Browser
    {
        get => field;
        set
        {
            field = value;
            if (value && Chromium.Path is null) Skip ??= new ChromiumFactAttribute().Skip;
        }
    }
}
