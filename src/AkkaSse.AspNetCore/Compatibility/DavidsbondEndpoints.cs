using AkkaSse.Hub;
using AkkaSse.Protocol;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// <c>GET /connect?id=</c>: a client in the zone <c>default</c> with an inbox, its zone's events and the broadcasts. <c>POST
/// /broadcast?type=&amp;id=</c>: to all of them, or to the one with that id.
/// </summary>
internal sealed class DavidsbondEndpoints(CompatibilityContext shared)
{
    public Task Connect(HttpContext context, RequestTarget target)
    {
        if (Read(target, out var client, out _) is { } wrong) return shared.RefuseAsync(context, wrong);
        if (client is not null && HubNames.Check(client) is { } fault) return shared.RefuseAsync(context, HubFault.Name(fault));
        var what = CompatibilityStream.Subscription(context, target);
        what.ClientId = client;
        what.Zone = HubNames.DefaultZone;
        what.Broadcast = true;
        what.Since = StartPosition.Latest;
        what.Ids = WireIds.Token;
        return CompatibilityStream.RunAsync(context, shared, what, name: true);
    }

    public async Task Broadcast(HttpContext context, RequestTarget target)
    {
        var fault = Read(target, out var client, out var type);
        AuditCall.Of(shared.Edge, context)?.On(
            client: client, zone: client is null ? null : HubNames.DefaultZone, broadcast: client is null);
        fault ??= await AccessRules.CheckAsync(shared.Edge, Question(context, client)).ConfigureAwait(false);
        fault ??= await PublishAsync(context, client, type).ConfigureAwait(false);
        if (fault is not null) await shared.RefuseAsync(context, fault).ConfigureAwait(false);
    }

    private static HubAccessRequest Question(HttpContext context, string? client) => AccessRules.Ask(context, HubAction.Publish) with
    {
        Client = client,
        Zone = client is null ? null : HubNames.DefaultZone,
        Broadcast = client is null,
    };

    private async ValueTask<HubFault?> PublishAsync(HttpContext context, string? client, string? type)
    {
        var edge = shared.Edge;
        var body = await RequestBody.ReadAsync(context, edge.Edge.Options.MaxEventBytes).ConfigureAwait(false);
        if (body.Fault is { } fault) return fault;
        AuditCall.Of(edge, context)?.Published(body.Memory.Length);
        try
        {
            if (body.Memory.Length == 0) return HubFault.Body(CompatibilityNames.NoData);
            if (edge.Quota is { } quota && QuotaRules.Check(quota, Question(context, client), 1, body.Memory.Length) is { } over)
                return over;
            var e = new SseEvent { Type = type, DataBytes = body.Memory };
            // Not cancelled when the sender goes away: the body is here, and what was begun should end with a known outcome.
            return client is null
                ? await AnswerAsync(context, edge, await edge.Hub.BroadcastAsync(e, default, CancellationToken.None).ConfigureAwait(false),
                    body.Memory).ConfigureAwait(false)
                : await AnswerAsync(context, edge, await edge.Hub.SendToAsync(
                    client, e, HubNames.DefaultZone, CancellationToken.None).ConfigureAwait(false), body.Memory).ConfigureAwait(false);
        }
        finally
        {
            body.Release();
        }
    }

    private static async ValueTask<HubFault?> AnswerAsync(
        HttpContext context, EdgeContext edge, PublishResult result, ReadOnlyMemory<byte> body)
    {
        var p = new PublishParameters { Broadcast = true };
        if (result.Status != PublishStatus.Accepted) return PublishAnswers.Fault(result, p, SseFieldRules.IsUtf8(body.Span), edge.Edge);
        await PublishAnswers.AcceptedAsync(context, p, result, status: 200).ConfigureAwait(false);
        return null;
    }

    private static async ValueTask<HubFault?> AnswerAsync(
        HttpContext context, EdgeContext edge, SendResult result, ReadOnlyMemory<byte> body)
    {
        if (result.Status is SendStatus.NotConnected or SendStatus.NoSuchZone)
            return new HubFault(404, HubErrorCodes.ClientNotConnected, CompatibilityNames.NoClient(result.Client));
        if (result.Status != SendStatus.Accepted) return PublishAnswers.Fault(result, SseFieldRules.IsUtf8(body.Span), edge.Edge);
        await PublishAnswers.AcceptedAsync(context, result, status: 200).ConfigureAwait(false);
        return null;
    }

    // The first of several counts, as in that broker; the empty value counts as absent.
    private static HubFault? Read(in RequestTarget target, out string? client, out string? type)
    {
        client = type = null;
        var q = target.Parameters;
        while (q.Next())
        {
            var fault = q.Name switch
            {
                "id" when client is null => q.Single("id", ref client),
                "type" when type is null => q.Single("type", ref type),
                _ => null,
            };
            if (fault is not null) return fault;
        }
        client = QueryReader.Absent(client);
        type = QueryReader.Absent(type);
        return null;
    }
}
