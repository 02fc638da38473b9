using System.CommandLine;
using AkkaSse.Client;
using AkkaSse.Protocol;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.CommandLine;

/// <summary><c>publish</c>: one event, or one per line of standard input.</summary>
internal static class PublishCommand
{
    internal static Command Create()
    {
        var remote = new RemoteOptions();
        var data = new Argument<string?>("data")
        {
            HelpName = "data",
            Arity = ArgumentArity.ZeroOrOne,
            Description = "The data; without it standard input is read to its end.",
        };
        var stream = new Option<string>("--stream", "-s") { HelpName = "name", Description = "Publish to this stream." };
        var client = new Option<string>("--client") { HelpName = "id", Description = "Send to this client, in --zone or wherever it is." };
        var zone = new Option<string>("--zone") { HelpName = "name", Description = "Publish to this zone." };
        var broadcast = new Option<bool>("--broadcast") { Description = "Publish to everyone." };
        var type = new Option<string>("--type", "-t") { HelpName = "type", Description = "The event's type. Default message." };
        var id = new Option<string>("--id") { HelpName = "id", Description = "The event's own id." };
        var key = new Option<string>("--idempotency-key") { HelpName = "key", Description = "The same key and event are published once." };
        var lines = new Option<bool>("--lines") { Description = "Each line of standard input is an event of its own." };
        var command = new Command("publish", "Publish to a running server") { stream, client, zone, broadcast, type, id, key, lines };
        remote.AddTo(command);
        command.Arguments.Add(data);
        command.Validators.Add(result =>
        {
            var targets = new[] { result.GetResult(stream) is not null, result.GetResult(client) is not null
                || result.GetResult(zone) is not null, result.GetValue(broadcast) }.Count(t => t);
            if (targets != 1)
                result.AddError("Exactly one target is needed: --stream, --client (with or without --zone), --zone, or --broadcast.");
            if (!result.GetValue(lines)) return;
            if (result.GetResult(stream) is null) result.AddError("--lines needs --stream.");
            if (result.GetValue(data) is not null) result.AddError("--lines reads standard input; no data can be given besides.");
            if (result.GetResult(id) is not null || result.GetResult(key) is not null)
                result.AddError("--lines publishes many events; one --id or --idempotency-key cannot be for all.");
        });
        command.SetAction(async (parse, cancellation) =>
        {
            var token = remote.TokenOf(parse);
            await using var hub = new SseHubClient(new SseHubClientOptions
            {
                BaseAddress = parse.GetValue(remote.Url)!,
                TokenProvider = token is null ? null : (_, _) => ValueTask.FromResult<string?>(token),
            });
            var e = new SseEvent { Type = parse.GetValue(type), Id = parse.GetValue(id) };
            try
            {
                if (parse.GetValue(lines)) return await LinesAsync(hub, parse.GetValue(stream)!, e, cancellation);
                e = new SseEvent(e) { Data = parse.GetValue(data) ?? await Console.In.ReadToEndAsync(cancellation) };
                return await OneAsync(hub, e, parse.GetValue(stream), parse.GetValue(client), parse.GetValue(zone),
                    new SsePublishOptions { IdempotencyKey = parse.GetValue(key) }, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return ExitCodes.Failed;
            }
            catch (Exception fault)
                when (fault is SseFormatException or SseHubClientException or SseClientException or HttpRequestException)
            {
                return Fail(fault.Message);
            }
        });
        return command;
    }

    private static async Task<int> OneAsync(
        SseHubClient hub, SseEvent e, string? stream, string? client, string? zone, SsePublishOptions options,
        CancellationToken cancellation)
    {
        if (client is not null)
        {
            var sent = await hub.SendToAsync(client, e, zone, cancellation);
            return sent.IsAccepted ? Say($"sent to {sent.Client}") : Fail(sent.Error ?? sent.Status.ToString());
        }
        var result = stream is not null ? await hub.PublishAsync(stream, e, options, cancellation)
            : zone is not null ? await hub.BroadcastToZoneAsync(zone, e, options, cancellation)
            : await hub.BroadcastAsync(e, options, cancellation);
        if (!result.IsAccepted) return Fail(result.Error ?? result.Status.ToString());
        return Say($"{result.Id ?? "published"}{(result.Duplicate ? " (was published before)" : "")}, readers on this node: " +
            $"{result.LocalReaders}");
    }

    private static async Task<int> LinesAsync(SseHubClient hub, string stream, SseEvent e, CancellationToken cancellation)
    {
        long accepted = 0, refused = 0;
        string? firstError = null;
        // Answers are looked at as they come; the queue is bounded by the client, which makes the reading of lines wait.
        var waiting = new Queue<Task<SsePublishResult>>();
        while (await Console.In.ReadLineAsync(cancellation) is { } line)
        {
            waiting.Enqueue(await hub.EnqueueAsync(stream, new SseEvent(e) { Data = line }, cancellation: cancellation));
            while (waiting.TryPeek(out var first) && first.IsCompleted) Count(await waiting.Dequeue());
        }
        while (waiting.TryDequeue(out var next)) Count(await next);
        if (refused == 0) return Say($"{accepted} published");
        return Fail($"{accepted} published, {refused} not: {firstError}");

        void Count(SsePublishResult result)
        {
            if (result.IsAccepted)
            {
                accepted++;
                return;
            }
            refused++;
            firstError ??= result.Error ?? result.Status.ToString();
        }
    }

    private static int Say(string text)
    {
        Console.WriteLine(text);
        return ExitCodes.Ok;
    }

    private static int Fail(string text)
    {
        Console.Error.WriteLine($"akkasse: {text}");
        return ExitCodes.Failed;
    }
}
