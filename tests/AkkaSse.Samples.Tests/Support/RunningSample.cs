using System.Net.Http.Json;
using AkkaSse.Server.Tests.Support;
using AkkaSse.Testing;

namespace AkkaSse.Samples.Tests.Support;

/// <summary>A sample as a process of its own, started as its README says, on a free loopback port.</summary>
internal sealed class RunningSample : IAsyncDisposable
{
    private readonly DirectoryInfo _home;

    private RunningSample(ProgramProcess process, Uri url, DirectoryInfo home)
    {
        (Process, Url, _home) = (process, url, home);
        Http = new HttpClient { BaseAddress = url, Timeout = Eventually.Longest };
    }

    internal ProgramProcess Process { get; }

    internal Uri Url { get; }

    /// <summary>Keeps cookies.</summary>
    internal HttpClient Http { get; }

    /// <summary>Starts a sample and waits until it says where it listens.</summary>
    /// <param name="name">Its directory and its assembly.</param>
    /// <param name="environment">Variables of its environment.</param>
    internal static async Task<RunningSample> StartAsync(string name, params (string Key, string Value)[] environment)
    {
        // ASP.NET Core keeps the keys of cookies and tokens below the home directory: none of them stays on this machine.
        var home = Directory.CreateTempSubdirectory("akkasse-sample-");
        try
        {
            var variables = environment.Append((Key: "HOME", Value: home.FullName)).ToDictionary(static v => v.Key, static v => v.Value);
            var (process, url) = await ProgramProcess.ListenAsync(
                BuildOutput.Program($"samples/{name}", name),
                ["--urls", "http://127.0.0.1:0", "--contentRoot", Path.Combine(BuildOutput.Root, "samples", name)],
                variables);
            return new RunningSample(process, url, home);
        }
        catch
        {
            home.Delete(recursive: true);
            throw;
        }
    }

    internal Task<StreamReading> ReadAsync(string pathAndQuery, string? lastEventId = null) =>
        StreamReading.OpenAsync(Http, pathAndQuery, lastEventId);

    internal Task<HttpResponseMessage> PostAsync(string path, object? body = null) => Http.PostAsJsonAsync(path, body);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
        _home.Delete(recursive: true);
    }
}
