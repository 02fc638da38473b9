using System.Net.Http.Headers;
using AkkaSse.Testing;

namespace AkkaSse.Server.Tests.Support;

/// <summary>The real server in a process of its own, on a free loopback port.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private TestServer(ProgramProcess process, Uri url, string? token)
    {
        Process = process;
        Url = url;
        Http = new HttpClient { BaseAddress = url, Timeout = Eventually.Longest };
        if (token is not null) Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    internal static string Program { get; } = BuildOutput.Program("src/AkkaSse.Server", "AkkaSse.Server");

    internal ProgramProcess Process { get; }
    internal Uri Url { get; }
    internal HttpClient Http { get; }

    internal static Task<TestServer> StartAsync(params string[] arguments) => StartAsync(0, null, null, arguments);

    internal static async Task<TestServer> StartAsync(
        int port, IDictionary<string, string>? environment, string? token, params string[] arguments)
    {
        // Without the warm-up: hundreds of servers are started, and only its own test is about it.
        environment = new Dictionary<string, string>(environment ?? new Dictionary<string, string>());
        environment.TryAdd("AKKASSE_SERVER__WARMUP", "0s");
        if (!DetachMode.IsOn) environment["AKKASSE_SERVER__CONNECTIONDETACH"] = "false";
        var (process, url) = await ProgramProcess.ListenAsync(Program, ["--urls", $"http://127.0.0.1:{port}", .. arguments], environment);
        return new TestServer(process, url, token);
    }

    internal Task<HttpResponseMessage> PublishAsync(string stream, string data, string? type = null) =>
        Http.PostAsync($"/v1/streams/{Uri.EscapeDataString(stream)}/events{(type is null ? "" : "?type=" + Uri.EscapeDataString(type))}",
            new StringContent(data));

    internal Task<StreamReading> ReadAsync(string pathAndQuery, string? lastEventId = null) =>
        StreamReading.OpenAsync(Http, pathAndQuery, lastEventId);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
    }
}
