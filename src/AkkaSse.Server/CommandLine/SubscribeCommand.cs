using System.CommandLine;
using System.Text.Json;
using AkkaSse.Client;
using AkkaSse.Protocol;
using AkkaSse.Server.Hosting;
using Spectre.Console;

namespace AkkaSse.Server.CommandLine;

/// <summary><c>subscribe</c>: shows what arrives, as it arrives, and what happens to the connection.</summary>
internal static class SubscribeCommand
{
    internal static Command Create()
    {
        var remote = new RemoteOptions();
        var streams = new Option<string[]>("--stream", "-s")
        {
            HelpName = "name",
            Description = "A stream to read; repeatable. Without one the url is read as it is.",
        };
        var since = new Option<string>("--since")
        {
            HelpName = "start",
            Description = "latest, earliest, last:N, offset:N, a duration or a time. Default latest.",
        };
        var after = new Option<string>("--last-event-id") { HelpName = "id", Description = "Resume after this id." };
        var count = RemoteOptions.Number("--count", 0, 0, int.MaxValue, "End after so many events; 0 for never");
        var json = new Option<bool>("--json") { Description = "One JSON object per event, and nothing else, on standard output." };
        var command = new Command("subscribe", "Read streams of a running server, live") { streams, since, after, count, json };
        remote.AddTo(command);
        command.SetAction(async (parse, cancellation) =>
        {
            var url = Target(parse.GetValue(remote.Url)!, parse.GetValue(streams) ?? [], parse.GetValue(since));
            var token = remote.TokenOf(parse);
            await using var client = new SseClient(new SseClientOptions
            {
                Url = url,
                LastEventId = parse.GetValue(after) ?? "",
                TokenProvider = token is null ? null : (_, _) => ValueTask.FromResult<string?>(token),
            });
            return await RunAsync(client, parse.GetValue(count), parse.GetValue(json), cancellation);
        });
        return command;
    }

    internal static Uri Target(Uri url, string[] streams, string? since)
    {
        if (streams.Length == 0 && since is null) return url;
        var builder = new UriBuilder(url);
        if (streams.Length == 1 && builder.Path == "/") builder.Path = $"/v1/streams/{Uri.EscapeDataString(streams[0])}/events";
        else if (streams.Length > 0 && builder.Path == "/") builder.Path = "/v1/events";
        var query = builder.Path.EndsWith("/v1/events", StringComparison.Ordinal)
            ? streams.Select(s => "stream=" + Uri.EscapeDataString(s))
            : [];
        if (since is not null) query = query.Append("since=" + Uri.EscapeDataString(since));
        builder.Query = string.Join('&', ((string[])[builder.Query.TrimStart('?')]).Concat(query).Where(part => part.Length > 0));
        return builder.Uri;
    }

    private static async Task<int> RunAsync(SseClient client, int count, bool json, CancellationToken cancellation)
    {
        var status = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        var seen = 0;
        try
        {
            await foreach (var notification in client.WatchAsync(cancellation))
            {
                switch (notification)
                {
                    case SseEventReceived received:
                        Show(received.Event, json);
                        if (++seen == count) return ExitCodes.Ok;
                        break;
                    case SseClosed { Error: { } error }:
                        status.MarkupLineInterpolated($"[red]{error.Message}[/]");
                        return ExitCodes.Failed;
                    default:
                        Say(status, notification);
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C is how this command usually ends.
        }
        return ExitCodes.Ok;
    }

    private static void Show(SseEvent e, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { type = e.Type ?? SseClient.DefaultType, id = e.LastEventId, data = e.Data }));
            return;
        }
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine($"{e.Type ?? SseClient.DefaultType}\t{e.LastEventId}\t{e.Data}");
            return;
        }
        AnsiConsole.MarkupLineInterpolated(
            $"[grey]{DateTime.Now:HH:mm:ss.fff}[/] [blue]{e.Type ?? SseClient.DefaultType}[/] [grey]{e.LastEventId}[/] {e.Data}");
    }

    private static void Say(IAnsiConsole status, SseNotification notification)
    {
        switch (notification)
        {
            case HubOpened opened:
                status.MarkupLineInterpolated(
                    $"[green]open[/] as {opened.Client}: {string.Join(", ", opened.Streams.Select(s => $"{s.Stream} at {s.Head}"))}");
                break;
            case HubGap gap:
                status.MarkupLineInterpolated(
                    $"[red]missed[/] {gap.From?.ToString() ?? "?"} to {gap.To?.ToString() ?? "?"} of {gap.Stream} ({gap.Reason})");
                break;
            case HubDraining:
                status.MarkupLine("[yellow]draining[/]: the node stops");
                break;
            case HubEnded ended:
                status.MarkupLineInterpolated($"[yellow]ended[/]: {ended.Reason}");
                break;
            case SseDisconnected disconnected:
                status.MarkupLineInterpolated($"[yellow]disconnected[/]{(disconnected.Error is { } e ? ": " + e.Message : "")}");
                break;
            case SseRetrying retrying:
                status.MarkupLineInterpolated($"[grey]trying again in {retrying.Delay.TotalSeconds:0.0} s[/]");
                break;
        }
    }
}
