using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// <c>/automation/api/v2/events</c>: a managed subscription is created with POST and attached with GET by its id; GET with <c>nodes=</c>
/// reads streams without one. The heartbeat is the event <c>keepalive</c> with a timestamp.
/// </summary>
internal sealed class CtrlXEndpoints(CompatibilityContext shared)
{
    /// <summary>Streams named in the query, comma-separated.</summary>
    public Task Direct(HttpContext context, RequestTarget target)
    {
        List<string>? lists = null;
        var q = target.Parameters;
        while (q.Next())
        {
            if (q.Name is "nodes" && q.Each("nodes", ref lists) is { } wrong) return shared.RefuseAsync(context, wrong);
        }

        var streams = new List<StreamSubscription>();
        foreach (var node in (lists ?? []).SelectMany(
            static l => l.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Distinct(StringComparer.Ordinal))
        {
            if (HubNames.Check(node) is { } fault) return shared.RefuseAsync(context, HubFault.Name($"nodes: {fault}"));
            streams.Add(new StreamSubscription(node));
        }

        var limit = shared.Edge.Edge.Options.MaxStreamsPerConnection;
        if (streams.Count == 0 || streams.Count > limit)
        {
            return shared.RefuseAsync(context, new HubFault(400, HubErrorCodes.SubscriptionInvalid,
                $"nodes= names {streams.Count} streams; 1 to {limit} are allowed, and a subscription made with POST holds more."));
        }

        var what = Subscription(context, target);
        what.Streams = streams;
        what.Since = StartPosition.Latest;
        return CompatibilityStream.RunAsync(context, shared, what);
    }

    public async Task Attach(HttpContext context, RequestTarget target)
    {
        var edge = shared.Edge;
        var fault = target.Name(RouteKeys.Subscription, "subscription", out var id) ?? edge.NotServing();
        AuditCall.Of(edge, context)?.On(subscription: id);
        fault ??= await AccessRules.CheckAsync(
            edge, AccessRules.Ask(context, HubAction.ManageSubscription) with { Subscription = id }).ConfigureAwait(false);
        ManagedSubscription? subscription = null;
        if (fault is null && !(await edge.Edge.GetSubscriptionAsync(id, context.RequestAborted)
            .ConfigureAwait(false)).TryGet(out subscription))
            fault = ManagedEndpoints.Unknown(edge);
        // Somebody else's looks as if it did not exist: ids may be guessed.
        if (fault is null && (subscription is null
            || (subscription.Subject is not null && subscription.Subject != AccessRules.Subject(edge, context))))
            fault = ManagedEndpoints.Missing(id);
        var what = Subscription(context, target);
        if (fault is not null)
        {
            await (Refusals.WriteEnd(context, shared.Edge, fault, what) ?? shared.RefuseAsync(context, fault)).ConfigureAwait(false);
            return;
        }

        what.Streams = [.. subscription!.Streams.Select(static s => new StreamSubscription(s))];
        what.ManagedSubscription = id;
        what.Heartbeat = subscription.Heartbeat;
        await CompatibilityStream.RunAsync(context, shared, what).ConfigureAwait(false);
    }

    public Task Create(HttpContext context, RequestTarget target) => PutAsync(context, null);

    public Task CreateNamed(HttpContext context, RequestTarget target) =>
        target.Name(RouteKeys.Subscription, "subscription", out var id) is { } fault
            ? shared.RefuseAsync(context, fault)
            : PutAsync(context, id);

    private async Task PutAsync(HttpContext context, string? idInPath)
    {
        var edge = shared.Edge;
        var (document, fault) = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        if (fault is null && document is null)
            fault = HubFault.Body("The body is empty; {\"properties\":{\"id\":…,\"keepaliveInterval\":…},\"nodes\":[…]} is needed.");
        ManagedSubscription? subscription = null;
        if (document is not null)
        {
            using (document) fault = CtrlXSubscription.Read(
                document.RootElement, idInPath, AccessRules.Subject(edge, context), out subscription);
        }
        AuditCall.Of(edge, context)?.On(subscription: subscription?.Id, streams: subscription?.Streams);
        fault ??= edge.NotServing() ?? await AllowedAsync(context, subscription!).ConfigureAwait(false);
        fault ??= QuotaRules.CheckSubscription(context, edge, subscription!);
        if (fault is not null)
        {
            await shared.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var result = await edge.Edge.PutSubscriptionAsync(subscription!, CancellationToken.None).ConfigureAwait(false);
        if (Fault(result, subscription!.Id) is { } failed)
        {
            await shared.RefuseAsync(context, failed).ConfigureAwait(false);
            return;
        }

        var created = result.Status == ManagedSubscriptionStatus.Created;
        if (created) context.Response.Headers.Location = Location(context.Request, idInPath, subscription.Id);
        await JsonAnswer.WriteAsync(context, created ? 201 : 200, subscription, CtrlXSubscription.Write).ConfigureAwait(false);
    }

    // As the client sees the path: with the path base and whatever group the edges are mapped in.
    private static string Location(HttpRequest request, string? idInPath, string id)
    {
        var path = (request.PathBase + request.Path).ToUriComponent().TrimEnd('/');
        return idInPath is null ? $"{path}/{Uri.EscapeDataString(id)}" : path;
    }

    private async ValueTask<HubFault?> AllowedAsync(HttpContext context, ManagedSubscription subscription)
    {
        var edge = shared.Edge;
        if (edge.Authorizer is null) return null;
        var question = AccessRules.Ask(context, HubAction.ManageSubscription) with { Subscription = subscription.Id };
        if (await AccessRules.CheckAsync(edge, question).ConfigureAwait(false) is { } refused) return refused;
        foreach (var stream in subscription.Streams)
        {
            var asked = AccessRules.Ask(context, HubAction.Subscribe) with { Stream = stream, Subscription = subscription.Id };
            if (await AccessRules.CheckAsync(edge, asked).ConfigureAwait(false) is { } fault) return fault;
        }
        return null;
    }

    private static EdgeSubscription Subscription(HttpContext context, in RequestTarget target)
    {
        var what = CompatibilityStream.Subscription(context, target);
        what.Ids = WireIds.Token;
        what.HeartbeatKind = HeartbeatKind.Event;
        what.HeartbeatEvent = CompatibilityNames.Keepalive;
        return what;
    }

    private HubFault? Fault(ManagedSubscriptionResult result, string id) => result.Status switch
    {
        ManagedSubscriptionStatus.Created or ManagedSubscriptionStatus.Updated => null,
        ManagedSubscriptionStatus.Conflict =>
            new(409, HubErrorCodes.SubscriptionInUse, result.Error ?? $"The subscription '{id}' belongs to somebody else."),
        ManagedSubscriptionStatus.NoStream => new(404, HubErrorCodes.StreamNotFound, result.Error ?? CompatibilityNames.NoSuchStream),
        ManagedSubscriptionStatus.Unavailable => HubFault.Unavailable(result.Error, shared.Edge.Edge.RefusalRetry()),
        _ => new(400, HubErrorCodes.SubscriptionInvalid, result.Error ?? "The subscription is invalid."),
    };
}
