using System.Text.Json;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>Managed subscriptions: the id is the client's choice, the positions are the hub's business.</summary>
internal static class ManagedEndpoints
{
    public static async Task Post(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var (document, fault) = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        ManagedSubscription? subscription = null;
        if (fault is null && document is null)
            fault = HubFault.Body("The body is empty; {\"id\":…,\"streams\":[…],\"keepaliveInterval\":…} is needed.");
        if (document is not null)
        {
            using (document) fault = Read(document.RootElement, AccessRules.Subject(edge, context), out subscription);
        }
        AuditCall.Of(edge, context)?.On(subscription: subscription?.Id, streams: subscription?.Streams);
        fault ??= edge.NotServing() ?? await AllowedAsync(context, edge, subscription!).ConfigureAwait(false);
        fault ??= QuotaRules.CheckSubscription(context, edge, subscription!);
        var result = default(ManagedSubscriptionResult);
        if (fault is null)
        {
            result = await edge.Edge.PutSubscriptionAsync(subscription!, CancellationToken.None).ConfigureAwait(false);
            fault = Fault(result, subscription!.Id, edge);
        }
        if (fault is null)
        {
            var stored = await edge.Edge.GetSubscriptionAsync(subscription!.Id, CancellationToken.None).ConfigureAwait(false);
            var present = stored.TryGet(out var now) && now is not null ? now : subscription;
            var status = result.Status == ManagedSubscriptionStatus.Created ? 201 : 200;
            await JsonAnswer.WriteAsync(context, status, present, Write).ConfigureAwait(false);
            return;
        }
        await edge.RefuseAsync(context, fault).ConfigureAwait(false);
    }

    public static async Task Get(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var (subscription, fault) = await FindAsync(context, edge, target).ConfigureAwait(false);
        if (fault is not null) await edge.RefuseAsync(context, fault).ConfigureAwait(false);
        else await JsonAnswer.WriteAsync(context, 200, subscription!, Write).ConfigureAwait(false);
    }

    public static async Task Delete(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var (subscription, fault) = await FindAsync(context, edge, target).ConfigureAwait(false);
        if (fault is null)
        {
            var (id, subject) = (subscription!.Id, subscription.Subject);
            var deleted = await edge.Edge.DeleteSubscriptionAsync(id, subject, CancellationToken.None).ConfigureAwait(false);
            fault = !deleted.TryGet(out var done) ? Unknown(edge) : done ? null : Missing(subscription.Id);
        }
        await JsonAnswer.DoneAsync(context, edge, fault).ConfigureAwait(false);
    }

    public static async Task Events(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        // Looked up before it is run, so that the authorizer is asked for the streams it has now; the hub checks the subject again.
        var fault = SubscribeParameters.Read(context.Request, target, many: false, out var p);
        ManagedSubscription? subscription = null;
        if (fault is null) (subscription, fault) = await FindAsync(context, edge, target).ConfigureAwait(false);
        if (fault is not null)
        {
            await (Refusals.WriteEnd(context, edge, fault, p.Subscription(context.Request)) ?? edge.RefuseAsync(context, fault))
                .ConfigureAwait(false);
            return;
        }

        var what = p.Subscription(context.Request);
        what.Streams = [.. subscription!.Streams.Select(static s => new StreamSubscription(s))];
        what.ManagedSubscription = subscription.Id;
        what.Heartbeat = subscription.Heartbeat;
        what.Ids = WireIds.Token;
        await EventStream.RunAsync(context, edge, what).ConfigureAwait(false);
    }

    private static async ValueTask<(ManagedSubscription? Subscription, HubFault? Fault)> FindAsync(
        HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (TargetNames.Subscription(target, out var id) is { } wrong) return (null, wrong);
        AuditCall.Of(edge, context)?.On(subscription: id);
        if (edge.NotServing() is { } away) return (null, away);
        var question = AccessRules.Ask(context, HubAction.ManageSubscription) with { Subscription = id };
        if (await AccessRules.CheckAsync(edge, question).ConfigureAwait(false) is { } refused) return (null, refused);
        if (!(await edge.Edge.GetSubscriptionAsync(id, context.RequestAborted).ConfigureAwait(false)).TryGet(out var subscription))
            return (null, Unknown(edge));
        // Somebody else's looks as if it did not exist: ids may be guessed.
        return subscription is null || (subscription.Subject is not null && subscription.Subject != AccessRules.Subject(edge, context))
            ? (null, Missing(id))
            : (subscription, null);
    }

    private static async ValueTask<HubFault?> AllowedAsync(HttpContext context, EdgeContext edge, ManagedSubscription subscription)
    {
        if (edge.Authorizer is null) return null;
        var question = AccessRules.Ask(context, HubAction.ManageSubscription) with { Subscription = subscription.Id };
        if (await AccessRules.CheckAsync(edge, question).ConfigureAwait(false) is { } refused) return refused;
        question = question with { Action = HubAction.Subscribe };
        foreach (var stream in subscription.Streams)
        {
            if (await AccessRules.CheckAsync(edge, question with { Stream = stream }).ConfigureAwait(false) is { } fault) return fault;
        }
        return null;
    }

    internal static HubFault Unknown(EdgeContext edge) =>
        HubFault.Unavailable("Nobody can say now whether the subscription exists.", edge.Edge.RefusalRetry());

    internal static HubFault Missing(string id) => new(404, HubErrorCodes.SubscriptionNotFound, $"The subscription '{id}' does not exist.");

    private static HubFault? Fault(ManagedSubscriptionResult result, string id, EdgeContext edge) => result.Status switch
    {
        ManagedSubscriptionStatus.Created or ManagedSubscriptionStatus.Updated => null,
        ManagedSubscriptionStatus.Conflict =>
            new(409, HubErrorCodes.SubscriptionInUse, result.Error ?? $"The subscription '{id}' belongs to somebody else."),
        ManagedSubscriptionStatus.NoStream => new(404, HubErrorCodes.StreamNotFound, result.Error ?? "A stream does not exist."),
        ManagedSubscriptionStatus.Unavailable => HubFault.Unavailable(result.Error, edge.Edge.RefusalRetry()),
        _ => new(400, HubErrorCodes.SubscriptionInvalid, result.Error ?? "The subscription is invalid."),
    };

    private static HubFault? Read(JsonElement body, string? subject, out ManagedSubscription? subscription)
    {
        subscription = null;
        string? id = null;
        List<string>? streams = null;
        TimeSpan? heartbeat = null;
        foreach (var member in body.EnumerateObject())
        {
            switch (member.Name)
            {
                case "id":
                    if (JsonBody.Name(member.Value, "id", out id) is { } badId) return badId;
                    break;
                case "streams":
                    if (JsonBody.Names(member.Value, "streams", out streams) is { } badStreams) return badStreams;
                    break;
                case "keepaliveInterval":
                    if (Interval(member.Value, out heartbeat) is { } badInterval) return badInterval;
                    break;
                default:
                    return JsonBody.Unknown(member.Name, "id, streams and keepaliveInterval");
            }
        }
        if (id is null) return HubFault.Body("'id' is missing.");
        if (streams is null or { Count: 0 }) return HubFault.Body("'streams' is missing or empty.");
        subscription = new ManagedSubscription { Id = id, Streams = streams, Heartbeat = heartbeat, Subject = subject };
        return null;
    }

    private static HubFault? Interval(JsonElement value, out TimeSpan? heartbeat)
    {
        heartbeat = null;
        if (value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var ms) && ms >= 0)
            heartbeat = TimeSpan.FromMilliseconds(ms);
        else if (JsonBody.Text(value, "keepaliveInterval", out var text) is null && Durations.TryParse(text, out var duration))
            heartbeat = duration;
        else
            return HubFault.Body($"'keepaliveInterval' is neither a number of milliseconds nor {Durations.Allowed}.");
        return null;
    }

    private static void Write(Utf8JsonWriter json, ManagedSubscription subscription)
    {
        json.WriteStartObject();
        json.WriteString("id", subscription.Id);
        json.WriteTexts("streams", subscription.Streams);
        json.WriteDuration("keepaliveInterval", subscription.Heartbeat);
        json.WriteStartObject("positions");
        foreach (var (stream, position) in subscription.Positions) json.WriteString(stream, position.ToString());
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
