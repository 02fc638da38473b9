using System.Text;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Everything that publishes. The way to a stream is the hot one: no awaits of its own, no copy of a body that came in one piece, no
/// serializer.
/// </summary>
internal static class PublishEndpoints
{
    public static Task ToStream(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(2, "stream", out var stream) is { } fault) return edge.RefuseAsync(context, fault);
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Stream = stream;
        return PublishAsync(context, edge, p);
    }

    public static Task ToClient(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(2, "client", out var client) is { } fault) return edge.RefuseAsync(context, fault);
        if (PublishParameters.Read(context.Request, target, false, true, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Client = client;
        return SendAsync(context, edge, p);
    }

    public static Task ToZone(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(2, "zone", out var zone) is { } fault) return edge.RefuseAsync(context, fault);
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Zone = zone;
        return PublishAsync(context, edge, p);
    }

    public static Task ToClientInZone(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (target.Name(2, "zone", out var zone) is { } fault) return edge.RefuseAsync(context, fault);
        if (target.Name(4, "client", out var client) is { } other) return edge.RefuseAsync(context, other);
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Zone = zone;
        p.Client = client;
        return SendAsync(context, edge, p);
    }

    public static Task ToEveryone(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (PublishParameters.Read(context.Request, target, false, false, out var p) is { } wrong) return edge.RefuseAsync(context, wrong);
        p.Broadcast = true;
        return PublishAsync(context, edge, p);
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
        return p.Client is null ? PublishAsync(context, edge, p) : SendAsync(context, edge, p);
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

    private static async Task PublishAsync(HttpContext context, EdgeContext edge, PublishParameters p)
    {
        if (edge.Authorizer is not null)
        {
            var question = AccessRules.Ask(context, HubAction.Publish) with { Stream = p.Stream, Zone = p.Zone, Broadcast = p.Broadcast };
            if (await AccessRules.CheckAsync(edge, question).ConfigureAwait(false) is { } refused)
            {
                await edge.RefuseAsync(context, refused).ConfigureAwait(false);
                return;
            }
        }

        var body = await RequestBody.ReadAsync(context, edge.Edge.Options.MaxEventBytes).ConfigureAwait(false);
        if (body.Fault is { } fault)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        PublishResult result;
        var utf8 = true;
        try
        {
            var e = Event(p, body.Memory);
            var options = new PublishOptions
            {
                ConflateKey = p.Conflate,
                Ttl = p.Ttl,
                IdempotencyKey = p.IdempotencyKey,
                Principal = p.IdempotencyKey is null ? null : AccessRules.Subject(edge, context),
            };
            // Not cancelled when the sender goes away: the body is here, and an append that was begun should end with a known outcome.
            result = await AppendAsync(edge.Hub, p, e, options).ConfigureAwait(false);
            if (result.Status == PublishStatus.Invalid) utf8 = p.Base64 || SseFieldRules.IsUtf8(body.Memory.Span);
        }
        finally
        {
            body.Release();
        }

        if (result.Status == PublishStatus.Accepted) PublishAnswers.Accepted(context.Response, p, result);
        else await edge.RefuseAsync(context, PublishAnswers.Fault(result, p, utf8, edge.Edge)).ConfigureAwait(false);
    }

    private static ValueTask<PublishResult> AppendAsync(ISseHub hub, in PublishParameters p, SseEvent e, in PublishOptions options)
    {
        if (p.Stream is not null) return hub.PublishAsync(p.Stream, e, options, CancellationToken.None);
        return p.Broadcast
            ? hub.BroadcastAsync(e, options, CancellationToken.None)
            : hub.BroadcastToZoneAsync(p.Zone!, e, options, CancellationToken.None);
    }

    private static async Task SendAsync(HttpContext context, EdgeContext edge, PublishParameters p)
    {
        if (p.IdempotencyKey is not null || p.Ttl is not null || p.Conflate is not null)
        {
            var meaningless = new HubFault(400, HubErrorCodes.ParameterInvalid,
                "Idempotency-Key, ttl and conflate have no meaning for a client's inbox, which is live only and keeps nothing.");
            await edge.RefuseAsync(context, meaningless).ConfigureAwait(false);
            return;
        }

        var question = AccessRules.Ask(context, HubAction.Publish) with { Client = p.Client, Zone = p.Zone };
        if (await AccessRules.CheckAsync(edge, question).ConfigureAwait(false) is { } refused)
        {
            await edge.RefuseAsync(context, refused).ConfigureAwait(false);
            return;
        }

        var body = await RequestBody.ReadAsync(context, edge.Edge.Options.MaxEventBytes).ConfigureAwait(false);
        if (body.Fault is { } fault)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        SendResult result;
        var utf8 = true;
        try
        {
            result = await edge.Hub.SendToAsync(p.Client!, Event(p, body.Memory), p.Zone, CancellationToken.None).ConfigureAwait(false);
            if (result.Status == SendStatus.Invalid) utf8 = p.Base64 || SseFieldRules.IsUtf8(body.Memory.Span);
        }
        finally
        {
            body.Release();
        }

        if (result.Status == SendStatus.Accepted) PublishAnswers.Accepted(context.Response, result);
        else await edge.RefuseAsync(context, PublishAnswers.Fault(result, utf8, edge.Edge)).ConfigureAwait(false);
    }
}
