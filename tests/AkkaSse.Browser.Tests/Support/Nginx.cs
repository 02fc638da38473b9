using System.Diagnostics;
using AkkaSse.Testing;
using AkkaSse.Server.Tests.Support;

namespace AkkaSse.Browser.Tests.Support;

/// <summary>nginx with the configuration that <c>docker/nginx.conf</c> ships, in front of servers of a test.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _directory;

    private Nginx(Process process, DirectoryInfo directory, Uri url) => (_process, _directory, Url) = (process, directory, url);

    internal Uri Url { get; }

    /// <param name="ports">Of the servers on loopback.</param>
    internal static async Task<Nginx> StartAsync(params int[] ports)
    {
        var directory = Directory.CreateTempSubdirectory("akkasse-nginx-");
        var port = FreePort.Next();
        var file = Path.Combine(directory.FullName, "nginx.conf");
        await File.WriteAllTextAsync(
            file, Configure(await File.ReadAllTextAsync(Path.Combine(BuildOutput.Root, "docker/nginx.conf")), directory, port, ports));
        // In the foreground, as one process: it ends when it is ended.
        string[] arguments = ["-c", file, "-p", directory.FullName, "-e", Path.Combine(directory.FullName, "error.log"),
            "-g", "daemon off; master_process off;"];
        var process = Process.Start(Tool.Find("nginx")!, arguments);
        var nginx = new Nginx(process, directory, new Uri($"http://127.0.0.1:{port}/"));
        try
        {
            using var http = new HttpClient();
            await Eventually.Until(async () =>
            {
                if (process.HasExited) throw new InvalidOperationException(nginx.Errors);
                try
                {
                    (await http.GetAsync(nginx.Url)).Dispose();
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }, () => $"nginx to answer\n{nginx.Errors}");
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private string Errors => File.Exists(Path.Combine(_directory.FullName, "error.log"))
        ? File.ReadAllText(Path.Combine(_directory.FullName, "error.log")) : "";

    // Other servers, another port, and everything that it writes in one directory; what a proxy does to streams stays.
    private static string Configure(string shipped, DirectoryInfo directory, int port, int[] ports)
    {
        var servers = string.Join('\n', ports.Select(static p => $"server 127.0.0.1:{p} max_fails=1 fail_timeout=5s;"));
        string[] kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        var paths = string.Concat(kinds.Select(k => $"{k}_temp_path {directory.FullName}/{k};\n"));
        var lines = shipped.Split('\n').Where(static l => !l.Contains("server n", StringComparison.Ordinal)
            && !l.Contains("worker_", StringComparison.Ordinal));
        return $"pid {directory.FullName}/nginx.pid;\n" + string.Join('\n', lines)
            .Replace("events {", "events {\nworker_connections 1000;", StringComparison.Ordinal)
            .Replace("http {", $"http {{\naccess_log off;\n{paths}", StringComparison.Ordinal)
            .Replace("least_conn;", $"least_conn;\n{servers}", StringComparison.Ordinal)
            .Replace("listen 8080;", $"listen 127.0.0.1:{port};", StringComparison.Ordinal);
    }
}
