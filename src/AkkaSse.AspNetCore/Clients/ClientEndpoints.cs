using System.Text.Json;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>Lists, inspects, disconnects clients and changes their streams, on whatever node they are.</summary>
internal static class ClientEndpoints
{
    public static async Task List(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var fault = ListParameters.Read(target, out var p) ?? edge.NotListing();
        var question = AccessRules.Ask(context, HubAction.ListClients) with { Stream = p.Stream, Zone = p.Zone, Prefix = p.Prefix };
        fault ??= await AccessRules.CheckListAsync(edge, question).ConfigureAwait(false);
        if (fault is not null)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var answer = await edge.Hub.Clients.ListAsync(p.Stream, p.Zone, p.After, p.Limit, p.Prefix, context.RequestAborted)
            .ConfigureAwait(false);
        if (!answer.TryGet(out var page))
        {
            await edge.RefuseAsync(context, edge.NoList()).ConfigureAwait(false);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, page, static (json, page) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("clients");
            foreach (var client in page.Items) Write(json, client);
            json.WriteEndArray();
            json.WritePageEnd(page);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public static async Task Get(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var fault =
            Parameters(target, out var client, out var zone, out _)
                ?? await AllowedAsync(context, edge, HubAction.InspectClient, client, zone).ConfigureAwait(false);
        var result = fault is null ? await edge.Hub.Clients.GetAsync(client, zone, context.RequestAborted).ConfigureAwait(false) : default;
        await AnswerAsync(context, edge, fault ?? HubFault.Of(result, client, edge.Edge), result).ConfigureAwait(false);
    }

    public static async Task Delete(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var fault = Parameters(target, out var client, out var zone, out var reconnect)
            ?? await AllowedAsync(context, edge, HubAction.DisconnectClient, client, zone).ConfigureAwait(false);
        if (fault is null)
        {
            var result = await edge.Hub.Clients.DisconnectAsync(client, zone, reconnect, CancellationToken.None).ConfigureAwait(false);
            fault = HubFault.Of(result, client, edge.Edge);
        }
        await JsonAnswer.DoneAsync(context, edge, fault).ConfigureAwait(false);
    }

    public static async Task Patch(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var fault = Parameters(target, out var client, out var zone, out _)
            ?? await AllowedAsync(context, edge, HubAction.ChangeSubscriptions, client, zone).ConfigureAwait(false);
        var result = default(ClientCallResult);
        if (fault is null)
        {
            (var change, fault) = await SubscriptionChangeJson.ReadAsync(context).ConfigureAwait(false);
            AuditCall.Of(edge, context)?.On(
                client: client, zone: zone, streams: [.. change.Add.Select(static s => s.Stream), .. change.Remove]);
            foreach (var add in change.Add)
            {
                var question = AccessRules.Ask(context, HubAction.Subscribe) with { Stream = add.Stream, Client = client, Zone = zone };
                fault ??= await AccessRules.CheckAsync(edge, question).ConfigureAwait(false);
            }
            if (fault is null)
            {
                result =
                    await edge.Hub.Clients.ChangeSubscriptionsAsync(client, change, zone, CancellationToken.None).ConfigureAwait(false);
                fault = HubFault.Of(result, client, edge.Edge);
            }
        }
        await AnswerAsync(context, edge, fault, result).ConfigureAwait(false);
    }

    private static Task AnswerAsync(HttpContext context, EdgeContext edge, HubFault? fault, in ClientCallResult result)
    {
        if (fault is not null) return edge.RefuseAsync(context, fault);
        if (result.Client is { } client) return JsonAnswer.WriteAsync(context, 200, client, Write);
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private static ValueTask<HubFault?> AllowedAsync(
        HttpContext context, EdgeContext edge, HubAction action, string client, string? zone)
    {
        AuditCall.Of(edge, context)?.On(client: client, zone: zone);
        return edge.NotServing() is { } fault
            ? new(fault)
            : AccessRules.CheckAsync(edge, AccessRules.Ask(context, action) with { Client = client, Zone = zone });
    }

    private static HubFault? Parameters(in RequestTarget target, out string client, out string? zone, out bool reconnect)
    {
        zone = null;
        reconnect = true;
        if (TargetNames.Client(target, out client) is { } fault) return fault;
        bool? again = null;
        var q = target.Parameters;
        while (q.Next())
        {
            var wrong = q.Name switch
            {
                "zone" => q.SingleName("zone", ref zone),
                "reconnect" => q.Switch("reconnect", ref again),
                _ => null,
            };
            if (wrong is not null) return wrong;
        }
        reconnect = again ?? true;
        return null;
    }

    private static void Write(Utf8JsonWriter json, ClientInfo client)
    {
        json.WriteStartObject();
        json.WriteString("id", client.Id);
        json.WriteText("zone", client.Zone);
        json.WriteString("node", client.Node);
        json.WriteString("connectedAt", client.ConnectedAt);
        json.WriteTexts("streams", client.Streams);
        json.WriteTexts("listenZones", client.ListenZones);
        json.WriteText("subject", client.Subject);
        json.WriteText("instance", client.Instance);
        json.WriteText("remote", client.Remote);
        json.WriteText("url", client.Url);
        json.WriteText("lastEventId", client.LastEventId);
        json.WriteEndObject();
    }
}
