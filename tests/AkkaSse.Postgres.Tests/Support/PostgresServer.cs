using System.Diagnostics;
using System.Runtime.InteropServices;
using AkkaSse.Testing;
using Npgsql;

namespace AkkaSse.Postgres.Tests.Support;

/// <summary>
/// A throw-away PostgreSQL: its own directory, a free loopback port, an ordinary user, durable settings as in production. Ended by its own
/// pid.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static int s_databases;

    private readonly string _directory;
    private readonly int _port;
    private Process? _process;
    private string _data;

    private PostgresServer(string directory, int port) => (_directory, _port, _data) = (directory, port, Path.Combine(directory, "data"));

    /// <summary>Where the server's programs are: AKKASSE_TEST_POSTGRES, or the newest that is installed; null when there is none.</summary>
    public static string? Programs { get; } = FindPrograms();

    public int Pid => _process!.Id;

    public string Log => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    private string CopyDirectory => Path.Combine(_directory, "copy");

    private string LogFile => Path.Combine(_directory, "log");

    public static async Task<PostgresServer> StartNewAsync()
    {
        if (Programs is null)
            throw new InvalidOperationException("PostgreSQL's programs are not installed here (Debian: apt-get install postgresql).");
        var directory = Directory.CreateTempSubdirectory("akkasse-pg-").FullName;
        var server = new PostgresServer(directory, FreePort.Next());
        if (IsRoot) await RunAsync("chown", "postgres", directory);
        await RunAsync(As("initdb", "-D", Path.Combine(directory, "data"), "-U", "hub", "-A", "trust", "-E", "UTF8", "--locale=C",
            "--no-sync", "--no-instructions"));
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts the server; its data are those of the last run.</summary>
    public async Task StartAsync()
    {
        var arguments = As("postgres", "-D", _data, "-p", $"{_port}", "-h", "127.0.0.1", "-k", "", "-c", "max_connections=300", "-c",
            "shared_buffers=128MB", "-c", "logging_collector=off", "-c", "log_min_messages=warning");
        var info = new ProcessStartInfo(arguments[0]) { RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in arguments[1..]) info.ArgumentList.Add(argument);
        _process = Process.Start(info)!;
        var log = new StreamWriter(LogFile, append: true) { AutoFlush = true };
        _process.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is not null) lock (log) log.WriteLine(e.Data);
        };
        _process.BeginErrorReadLine();
        await Eventually.Until(AnswersAsync, () => $"PostgreSQL to answer on port {_port}\n{Log}", () => Log.Length);
    }

    /// <summary>Takes a base backup of the running server.</summary>
    public async Task CopyAsync() =>
        await RunAsync(As("pg_basebackup", "-D", CopyDirectory, "-h", "127.0.0.1", "-p", $"{_port}", "-U", "hub", "--checkpoint=fast",
            "--wal-method=stream", "--no-sync"));

    /// <summary>Starts the copy in place of the server that has ended, as a standby that is promoted: the timeline grows.</summary>
    public async Task StartCopyAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(CopyDirectory, "standby.signal"), "");
        if (IsRoot) await RunAsync("chown", "postgres", Path.Combine(CopyDirectory, "standby.signal"));
        _data = CopyDirectory;
        await StartAsync();
        await ExecuteAsync("postgres", "select pg_promote(true, 30)");
    }

    /// <summary>Fast shutdown: sessions are ended, everything is written.</summary>
    public Task StopAsync() => EndAsync(2);

    /// <summary>SIGKILL of the whole server, as when the machine loses power but for what the kernel holds.</summary>
    public Task KillAsync() => EndAsync(9);

    /// <summary>
    /// Stops all of its processes where they are, as a machine that hangs or a network that swallows everything: connections stay, nobody
    /// answers.
    /// </summary>
    public void Freeze() => Signal(19);

    /// <summary>Lets a frozen server go on.</summary>
    public void Thaw() => Signal(18);

    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=hub;Database={database}";

    /// <summary>A database of its own.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"hub{Interlocked.Increment(ref s_databases)}";
        await ExecuteAsync("postgres", $"create database {name}");
        return name;
    }

    /// <summary>A connection of its own, outside all pools.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public async Task<object?> ExecuteAsync(string database, string sql)
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Ends all connections of a database but the one that asks.</summary>
    public Task TerminateConnectionsAsync(string database) =>
        ExecuteAsync(database,
            $"select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{database}' and pid <> pg_backend_pid()");

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await EndAsync(3);
        _process?.Dispose();
        if (IsRoot) await RunAsync("rm", "-rf", _directory);
        else Directory.Delete(_directory, recursive: true);
    }

    private static bool IsRoot => Environment.UserName == "root";

    // It refuses or drops connections while it starts.
    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException e)
        {
            return !_process!.HasExited
                ? false
                : throw new InvalidOperationException($"PostgreSQL ended with {_process.ExitCode}: {e.Message}\n{Log}");
        }
    }

    private async Task EndAsync(int signal)
    {
        var pids = Signal(signal);
        await Eventually.Until(() => _process!.HasExited && pids[1..].All(static pid => HasEnded(pid)), () => $"PostgreSQL to end\n{Log}",
            () => Log.Length);
    }

    // A zombie has ended; its parent has not asked yet.
    private static bool HasEnded(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private int[] Signal(int signal)
    {
        // All at once, as a machine ends: a backend that outlives its parent for a moment could still answer a commit.
        int[] pids = signal is 9 or 18 or 19 ? [_process!.Id, .. ChildrenOf(_process.Id)] : [_process!.Id];
        foreach (var pid in pids)
        {
            if (kill(pid, signal) != 0 && pid == _process.Id && !_process.HasExited)
                throw new InvalidOperationException($"Signal {signal} to {pid} failed: {Marshal.GetLastPInvokeError()}");
        }
        return pids;
    }

    private static int[] ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (var directory in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var pid)) continue;
            try
            {
                var stat = File.ReadAllText($"{directory}/stat");
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == $"{parent}") children.Add(pid);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        return [.. children];
    }

    // The server refuses to run as root.
    private static string[] As(string program, params string[] arguments) =>
        IsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", Path.Combine(Programs!, program), .. arguments] : [
            Path.Combine(Programs!, program), .. arguments];

    private static async Task RunAsync(params string[] command)
    {
        var info = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in command[1..]) info.ArgumentList.Add(argument);
        using var process = Process.Start(info)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {output}{error}");
    }

    private static string? FindPrograms()
    {
        if (Environment.GetEnvironmentVariable("AKKASSE_TEST_POSTGRES") is { Length: > 0 } chosen) return chosen;
        const string root = "/usr/lib/postgresql";
        var installed = Directory.Exists(root)
            ? Directory.GetDirectories(root).OrderDescending(StringComparer.Ordinal).Select(static d => Path.Combine(d, "bin"))
            : [];
        return installed.Append("/usr/local/bin").Append("/usr/bin").FirstOrDefault(
            static d => File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "postgres")));
    }

#pragma warning disable SYSLIB1054 // A blittable call of two integers needs no generated marshalling.
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);
#pragma warning restore SYSLIB1054
}
