using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Monitoring;

/// <summary>A real Prometheus that scrapes one node each second. Ended by its own pid, with its files.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("akkasse-prometheus-").FullName;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly HttpClient _http;
    private readonly Process _process;

    private PrometheusServer(Uri node)
    {
        var configuration = Path.Combine(_directory, "prometheus.yml");
        File.WriteAllText(configuration, $$"""
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: akkasse
                static_configs: [{targets: ["{{node.Authority}}"]}]
            """);
        var port = FreePort.Next();
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Eventually.Longest };
        _process = Process.Start(PrometheusPrograms.Info("prometheus",
        [
            "--config.file=" + configuration, "--storage.tsdb.path=" + Path.Combine(_directory, "data"),
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ]))!;
        _process.OutputDataReceived += (_, e) => OnLine(e.Data);
        _process.ErrorDataReceived += (_, e) => OnLine(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    internal string Output => string.Join('\n', _lines);

    internal static async Task<PrometheusServer> StartAsync(Uri node)
    {
        var server = new PrometheusServer(node);
        await Eventually.Until(async () => server._process.HasExited || await server.IsReadyAsync(), () => "Prometheus\n" + server.Output);
        server._process.HasExited.ShouldBeFalse(server.Output);
        return server;
    }

    /// <summary>How many series a query gives now.</summary>
    internal async Task<int> CountAsync(string query)
    {
        using var response = await _http.PostAsync("/api/v1/query", new FormUrlEncodedContent([new("query", query)]));
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        answer.GetProperty("status").GetString().ShouldBe("success", $"{query}\n{answer}");
        return answer.GetProperty("data").GetProperty("result").EnumerateArray()
            .Count(static s => s.GetProperty("value")[1].GetString() != "NaN");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await _http.GetAsync("/-/ready");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void OnLine(string? line)
    {
        if (line is not null) _lines.Enqueue(line);
    }
}
