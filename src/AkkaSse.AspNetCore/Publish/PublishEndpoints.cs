using System.Text;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Everything that publishes. A request whose body came with its head goes through without waiting anywhere, without a copy of the body
/// and without a serializer.
/// </summary>
internal static class PublishEndpoints
{
    public static Task ToStream(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(RouteKeys.Stream, "stream", out var stream) is { } fault) return edge.RefuseAsync(context, fault);
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Stream = stream;
        return ServeAsync(context, edge, p);
    }

    public static Task ToClient(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(RouteKeys.Client, "client", out var client) is { } fault) return edge.RefuseAsync(context, fault);
        if (PublishParameters.Read(context.Request, target, false, true, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Client = client;
        return ServeAsync(context, edge, p);
    }

    public static Task ToZone(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(RouteKeys.Zone, "zone", out var zone) is { } fault) return edge.RefuseAsync(context, fault);
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Zone = zone;
        return ServeAsync(context, edge, p);
    }

    public static Task ToClientInZone(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(RouteKeys.Zone, "zone", out var zone) is { } fault) return edge.RefuseAsync(context, fault);
        if (target.Name(RouteKeys.Client, "client", out var client) is { } other) return edge.RefuseAsync(context, other);
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Zone = zone;
        p.Client = client;
        return ServeAsync(context, edge, p);
    }

    public static Task ToEveryone(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Broadcast = true;
        return ServeAsync(context, edge, p);
    }

    public static Task ToTargetInQuery(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (PublishParameters.Read(context.Request, target, true, true, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        var targets = (p.Stream is null ? 0 : 1) + (p.Broadcast ? 1 : 0) + (p.Client is not null || p.Zone is not null ? 1 : 0);
        if (targets != 1)
        {
            return edge.RefuseAsync(context, new HubFault(400, HubErrorCodes.ParameterInvalid,
                $"The publish has {(targets == 0 ? "no target" : "several targets")}; "
                + "one of stream=, zone=, client= (with or without zone=) and broadcast=1 is needed."));
        }
        return ServeAsync(context, edge, p);
    }

    /// <summary>The event of a request: an empty body is the data "", unless a comment or a retry is all there is.</summary>
    public static SseEvent Event(in PublishParameters p, ReadOnlyMemory<byte> body)
    {
        var alone = body.Length == 0 && (p.Comment is not null || p.Retry is not null);
        ReadOnlyMemory<byte>? data = p.Base64 ? Encoding.ASCII.GetBytes(Convert.ToBase64String(body.Span)) : body;
        // Apart, because in one conditional null would become empty memory.
        if (alone) data = null;
        return new SseEvent { Type = p.Type, Id = p.Id, Retry = p.Retry, Comment = p.Comment, DataBytes = data };
    }

    // Authorises, reads the body, publishes, gives the body back, and says how it went.
    private static async Task ServeAsync(HttpContext context, EdgeContext edge, PublishParameters p)
    {
        var call = AuditCall.Of(edge, context);
        call?.On(p.Stream, p.Client, p.Zone, p.Broadcast);
        if (Meaningless(p) is { } meaningless)
        {
            await edge.RefuseAsync(context, meaningless).ConfigureAwait(false);
            return;
        }

        if (edge.Authorizer is not null)
        {
            if (await AccessRules.CheckAsync(edge, Question(context, p)).ConfigureAwait(false) is { } refused)
            {
                await edge.RefuseAsync(context, refused).ConfigureAwait(false);
                return;
            }
        }

        var body = await RequestBody.ReadAsync(context, edge.Edge.Options.MaxEventBytes).ConfigureAwait(false);
        var fault = body.Fault;
        if (fault is null)
        {
            call?.Published(body.Memory.Length);
            try
            {
                if (edge.Quota is { } quota) fault = QuotaRules.Check(quota, Question(context, p), 1, body.Memory.Length);
                fault ??= p.Client is null
                    ? await PublishAsync(context, edge, p, body.Memory).ConfigureAwait(false)
                    : await SendAsync(context, edge, p, body.Memory).ConfigureAwait(false);
            }
            finally
            {
                body.Release();
            }
        }
        if (fault is not null) await edge.RefuseAsync(context, fault).ConfigureAwait(false);
    }

    private static HubAccessRequest Question(HttpContext context, in PublishParameters p) =>
        AccessRules.Ask(context, HubAction.Publish) with { Stream = p.Stream, Zone = p.Zone, Client = p.Client, Broadcast = p.Broadcast };

    private static HubFault? Meaningless(in PublishParameters p) =>
        p.Client is null || (p.IdempotencyKey is null && p.Ttl is null && p.Conflate is null)
            ? null
            : new HubFault(400, HubErrorCodes.ParameterInvalid,
                "Idempotency-Key, ttl and conflate have no meaning for a client's inbox, which is live only and keeps nothing.");

    // Neither this nor a send is cancelled when the sender goes away: the body is here, and what was begun should end with a known outcome.
    private static async ValueTask<HubFault?> PublishAsync(
        HttpContext context, EdgeContext edge, PublishParameters p, ReadOnlyMemory<byte> body)
    {
        var e = Event(p, body);
        var options = new PublishOptions
        {
            ConflateKey = p.Conflate,
            Ttl = p.Ttl,
            IdempotencyKey = p.IdempotencyKey,
            Principal = p.IdempotencyKey is null ? null : AccessRules.Subject(edge, context),
        };
        var result = await PublishToTargetAsync(edge.Hub, p, e, options).ConfigureAwait(false);
        if (result.Status != PublishStatus.Accepted)
            return PublishAnswers.Fault(result, p, result.Status != PublishStatus.Invalid || IsUtf8(p, body), edge.Edge);
        await PublishAnswers.AcceptedAsync(context, p, result).ConfigureAwait(false);
        return null;
    }

    private static ValueTask<PublishResult> PublishToTargetAsync(
        ISseHub hub, in PublishParameters p, SseEvent e, in PublishOptions options)
    {
        if (p.Stream is not null) return hub.PublishAsync(p.Stream, e, options, CancellationToken.None);
        return p.Broadcast
            ? hub.BroadcastAsync(e, options, CancellationToken.None)
            : hub.BroadcastToZoneAsync(p.Zone!, e, options, CancellationToken.None);
    }

    private static async ValueTask<HubFault?> SendAsync(
        HttpContext context, EdgeContext edge, PublishParameters p, ReadOnlyMemory<byte> body)
    {
        var e = Event(p, body);
        IPendingDelivery? delivery = null;
        SendResult result;
        if (edge.Hub is not ILocalSender here)
            result = await edge.Hub.SendToAsync(p.Client!, e, p.Zone, CancellationToken.None).ConfigureAwait(false);
        else if (!here.TrySend(p.Client!, e, p.Zone, out result, out delivery))
            result = await here.SendElsewhereAsync(p.Client!, e, p.Zone, CancellationToken.None).ConfigureAwait(false);
        if (result.Status != SendStatus.Accepted)
            return PublishAnswers.Fault(result, result.Status != SendStatus.Invalid || IsUtf8(p, body), edge.Edge);
        Task answering;
        try
        {
            answering = PublishAnswers.AcceptedAsync(context, result);
            if (delivery is not null && ResponseBody.IsOfServer(context.Features)) answering = context.Response.CompleteAsync();
        }
        finally
        {
            // Not after the answer was taken: a sender that does not read it must not keep the event from the client.
            delivery?.Deliver();
        }
        await answering.ConfigureAwait(false);
        return null;
    }

    private static bool IsUtf8(in PublishParameters p, ReadOnlyMemory<byte> body) => p.Base64 || SseFieldRules.IsUtf8(body.Span);
}
