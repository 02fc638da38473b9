using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Support;

/// <summary>A program of this repository as a process of its own. Disposing ends it by its own pid.</summary>
internal sealed partial class ProgramProcess : IAsyncDisposable
{
    private static readonly string[] s_foreign = ["ASPNETCORE_", "AKKASSE_", "DOTNET_SYSTEM_NET", "MSBUILD"];

    // Tests that were started with nohup ignore HUP, and so would all that they start.
    private static readonly string[] s_heardHangUp = IgnoresHangUp() ? ["/usr/bin/env", "--default-signal=HUP"] : [];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Uri> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ProgramProcess(Process process) => _process = process;

    internal int Pid => _process.Id;

    /// <summary>Everything written to standard output and error so far.</summary>
    internal string Output => string.Join('\n', _lines);

    /// <summary>Starts a program and waits until it says where it listens.</summary>
    internal static async Task<(ProgramProcess Process, Uri Url)> ListenAsync(
        string program, IEnumerable<string> arguments, IDictionary<string, string>? environment = null)
    {
        var started = Start(program, arguments, environment);
        try
        {
            await Eventually.Until(() => started._url.Task.IsCompleted || started._process.HasExited,
                () => $"{Path.GetFileName(program)} to say where it listens. It wrote:\n{started.Output}", () => started._lines.Count);
            if (started._url.Task.IsCompleted) return (started, await started._url.Task);
            throw new InvalidOperationException(
                $"{Path.GetFileName(program)} ended with {started._process.ExitCode}. It wrote:\n{started.Output}");
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program to its end.</summary>
    internal static async Task<(int ExitCode, string Output)> RunAsync(
        string program, IEnumerable<string> arguments, IDictionary<string, string>? environment = null, string? input = null)
    {
        await using var started = Start(program, arguments, environment);
        await started._process.StandardInput.WriteAsync(input);
        started._process.StandardInput.Close();
        var code = await started.ExitAsync();
        return (code, started.Output);
    }

    /// <summary>Waits for the end; fails with the output at the deadline.</summary>
    internal async Task<int> ExitAsync()
    {
        await Eventually.Until(() => _process.HasExited, () => $"process {Pid} to end. It wrote:\n{Output}", () => _lines.Count);
        // Its last lines.
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    internal void Terminate() => Signal(15);

    internal void Kill() => Signal(9);

    internal void HangUp() => Signal(1);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) Signal(9);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Signal(int number)
    {
        if (kill(Pid, number) != 0 && !_process.HasExited)
            throw new InvalidOperationException($"Signal {number} to {Pid} failed: {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Starts a program and waits for nothing: an assembly or a word that dotnet knows, or an executable by its path.</summary>
    internal static ProgramProcess Start(string program, IEnumerable<string> arguments, IDictionary<string, string>? environment)
    {
        var isExecutable = Path.IsPathRooted(program) && !program.EndsWith(".dll", StringComparison.Ordinal);
        string[] host = isExecutable ? [] : [Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"];
        string[] command = [.. s_heardHangUp, .. host, program, .. arguments];
        var info = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in command[1..]) info.ArgumentList.Add(argument);
        foreach (var key in info.Environment.Keys.ToList())
        {
            // What the developer's shell says about urls or sockets must not decide what a test sees, nor what `dotnet test` says to
            // MSBuild.
            if (s_foreign.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) info.Environment.Remove(key);
        }
        // As NodeProcess does: a server of a test lives for seconds, and code that is compiled well at once takes 0.65 of its 1.2 s of a
        // core. The full counts run as users do.
        if (Environment.GetEnvironmentVariable("AKKASSE_SOAK") is null) info.Environment["DOTNET_TC_CallCountingDelayMs"] = "100";
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) info.Environment[key] = value;
        var started = new ProgramProcess(new Process { StartInfo = info, EnableRaisingEvents = true });
        started._process.OutputDataReceived += (_, e) => started.OnLine(e.Data);
        started._process.ErrorDataReceived += (_, e) => started.OnLine(e.Data);
        started._process.Start();
        started._process.BeginOutputReadLine();
        started._process.BeginErrorReadLine();
        return started;
    }

    private static bool IgnoresHangUp() =>
        File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").FirstOrDefault(static l => l.StartsWith("SigIgn:", StringComparison.Ordinal)) is { } line
        && (Convert.ToUInt64(line["SigIgn:".Length..].Trim(), 16) & 1) != 0;

    private void OnLine(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        if (ListeningUrl().Match(line) is { Success: true } match && Uri.TryCreate(match.Value, UriKind.Absolute, out var url))
            _url.TrySetResult(url);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9][0-9]*")]
    private static partial Regex ListeningUrl();

#pragma warning disable SYSLIB1054 // A blittable call of two integers needs no generated marshalling.
    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
#pragma warning restore SYSLIB1054
}
