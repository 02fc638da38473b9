using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Health;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.CommandLine;

/// <summary>
/// <c>healthcheck</c>: asks a server whether it is ready, in a bounded time, for supervisors that run a command: Docker's
/// <c>HEALTHCHECK</c>, scripts. An image needs no other program for it.
/// </summary>
internal static class HealthCheckCommand
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(3);

    internal static Command Create()
    {
        var url = new Argument<Uri?>("url")
        {
            HelpName = "url",
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Where the server is; without it where the configuration says that it listens.",
            CustomParser = RemoteOptions.ParseUrl,
        };
        var config = new Option<string?>("--config") { HelpName = "file", Description = "The server's JSON file, to read its urls from." };
        var timeout = RemoteOptions.Duration("--timeout", s_timeout, "How long to wait for the answer");
        var command = new Command("healthcheck", "Ask a server on this machine whether it is ready: exit code 0 or 1") { config, timeout };
        command.Arguments.Add(url);
        command.SetAction((parse, cancellation) => ServerCommand.Guard(() => RunAsync(
            parse.GetValue(url) is { } given ? HealthTarget.Of(given) : Configured(parse.GetValue(config)),
            parse.GetValue(timeout), cancellation)));
        return command;
    }

    // Of the configuration nothing else is looked at: what only the server's user can read is no matter here.
    private static HealthTarget Configured(string? file)
    {
        var faults = new List<string>();
        var tree = ConfigurationTree.Load(file, new Dictionary<string, string?>());
        var urls = ListenUrls.Read(tree.Root, [], faults);
        var target = faults.Count == 0 ? HealthTarget.Of(urls.All[0], faults) : null;
        return target ?? throw new ConfigurationFaultsException(faults);
    }

    private static async Task<int> RunAsync(HealthTarget target, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        using var http = target.CreateClient();
        try
        {
            using var answer = await http.GetAsync(target.Url, limit.Token);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                Console.WriteLine("ready");
                return ExitCodes.Ok;
            }
            return Fail($"not ready: {await ReasonAsync(answer, limit.Token)}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Fail($"{target.Name} has not answered in {Durations.Format(timeout)}");
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            return Fail($"{target.Name} does not answer: {e.Message}");
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellation));
            if (body.RootElement.TryGetProperty("reason", out var reason) && reason.GetString() is { } text) return text;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Something else answers there.
        }
        return $"{(int)answer.StatusCode}";
    }

    private static int Fail(string text)
    {
        Console.Error.WriteLine($"akkasse: {text}");
        return ExitCodes.Failed;
    }
}
