using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace AkkaSse.Testing.Processes;

/// <summary>How a server is started, besides its name.</summary>
/// <param name="Arguments">Of the server; where it listens is among them.</param>
public sealed record NodeStart(params string[] Arguments)
{
    /// <summary>What stands before the program: a namespace to run in, for example.</summary>
    public string[] Prefix { get; init; } = [];

    /// <summary>Further variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>A server of this repository as a process of its own, with a port of its own. Disposing ends it by its own pid.</summary>
public sealed partial class NodeProcess : IAsyncDisposable
{
    // A session of its own, which the kernel gives a share of the processor of its own (sched_autogroup), as service managers and
    // containers do. Among the processes of one session a node that starts gets as much as it has threads, and takes it from the nodes that
    // serve (decision 0050).
    private static readonly string[] s_session = File.Exists("/usr/bin/setsid") ? ["/usr/bin/setsid"] : [];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Uri> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _isDisposed;

    private NodeProcess(string name, Process process) => (Name, _process) = (name, process);

    public string Name { get; }

    public Uri Url => _url.Task.Result;

    /// <summary>All lines that it has written.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public string Output => string.Join('\n', _lines.TakeLast(60));

    public static async Task<NodeProcess> StartAsync(string name, NodeStart start)
    {
        var node = Begin(name, start);
        try
        {
            await Eventually.Until(() => node._url.Task.IsCompleted
                || node._process.HasExited, () => $"{name} to say where it listens. It wrote:\n{node.Output}", () => node._lines.Count);
            if (node._url.Task.IsCompleted) return node;
            throw new InvalidOperationException($"Node {name} ended with {await node.ExitAsync()}. It wrote:\n{node.Output}");
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node that is expected to end by itself: its exit code, and what it wrote.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string name, NodeStart start)
    {
        await using var node = Begin(name, start);
        return (await node.ExitAsync(), node.Output);
    }

    /// <summary>Waits for the end of a node that ends by itself, and for its last lines; its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await Eventually.Until(() => _process.HasExited, () => $"{Name} to end. It wrote:\n{Output}", () => _lines.Count);
        // HasExited may be true before what it wrote has been read; this waits for both.
        using var limit = Eventually.Limit();
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    private static NodeProcess Begin(string name, NodeStart start)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] command = [.. start.Prefix, .. s_session, dotnet, Program(), "--node-name", name, .. start.Arguments];
        var info = new ProcessStartInfo(command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in command[1..]) info.ArgumentList.Add(argument);
        foreach (var key in info.Environment.Keys.Where(static k => k.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
            || k.StartsWith("AKKASSE_", StringComparison.Ordinal)).ToList())
            info.Environment.Remove(key);
        // A node's start costs 0.65 s of a core without the warm-up and with code that is compiled well only after a while
        // (DOTNET_TC_CallCountingDelayMs); as in production 1.4 s, and 1 s of warm-up. Most nodes of tests live some seconds. The full
        // counts run as users do.
        if (Environment.GetEnvironmentVariable("AKKASSE_SOAK") is null)
        {
            info.Environment["AKKASSE_SERVER__WARMUP"] = "0s";
            info.Environment["DOTNET_TC_CallCountingDelayMs"] = "100";
        }
        // How long a start position may take is tested where it is the claim.
        info.Environment["AKKASSE_HUB__OPENTIMEOUT"] = "1m";
        foreach (var (key, value) in start.Environment) info.Environment[key] = value;
        var node = new NodeProcess(name, new Process { StartInfo = info });
        node._process.OutputDataReceived += (_, e) => node.OnLine(e.Data);
        node._process.ErrorDataReceived += (_, e) => node.OnLine(e.Data);
        node._process.Start();
        node._process.BeginOutputReadLine();
        node._process.BeginErrorReadLine();
        return node;
    }

    public async Task KillAsync()
    {
        Signal(9);
        await _process.WaitForExitAsync();
    }

    /// <summary>Stops it in the middle of whatever it does: its sockets take connections, and nobody answers.</summary>
    public void Freeze() => Signal(19);

    /// <summary>Lets it go on.</summary>
    public void Thaw() => Signal(18);

    public async Task<int> StopAsync()
    {
        Signal(15);
        await Eventually.Until(() => _process.HasExited, () => $"{Name} to end. It wrote:\n{Output}", () => _lines.Count);
        return _process.ExitCode;
    }

    /// <summary>Its process.</summary>
    public int Pid => _process.Id;

    public async ValueTask DisposeAsync()
    {
        // A cluster that did not become ready is ended where that is found, and again by the test.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        if (!_process.HasExited) Signal(9);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Signal(int number)
    {
        if (kill(_process.Id, number) != 0 && !_process.HasExited)
            throw new InvalidOperationException($"Signal {number} to {_process.Id} failed: {Marshal.GetLastPInvokeError()}");
    }

    private void OnLine(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        if (ListeningUrl().Match(line) is { Success: true } match && Uri.TryCreate(match.Value, UriKind.Absolute, out var url))
            _url.TrySetResult(url);
    }

    // Beside this test's own output, tests/<name>/bin/<configuration>/<framework>, if no other one is named: the published one, for
    // example, which is what users run.
    private static string Program()
    {
        if (Environment.GetEnvironmentVariable("AKKASSE_TEST_SERVER") is { Length: > 0 } program) return program;
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var root = own.Parent!.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(root.FullName, "src", "AkkaSse.Server", "bin", own.Parent.Name, own.Name, "AkkaSse.Server.dll");
    }

    [GeneratedRegex(@"http://[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+:[1-9][0-9]*")]
    private static partial Regex ListeningUrl();

#pragma warning disable SYSLIB1054 // A blittable call of two integers needs no generated marshalling.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
#pragma warning restore SYSLIB1054
}
