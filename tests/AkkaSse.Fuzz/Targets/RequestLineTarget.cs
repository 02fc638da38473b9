using System.Text;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.Fuzz.Targets;

/// <summary>
/// Request targets: the name in the path and all parameters. Nothing throws, what is accepted keeps the rules of names, and a name that is
/// encoded again is decoded to the same.
/// </summary>
internal static class RequestLineTarget
{
    internal static void Run(byte[] input)
    {
        var target = Encoding.Latin1.GetString(input);
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var (segment, query) = question < 0 ? (target, "") : (target[..question], target[question..]);
        var context = new DefaultHttpContext();
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = "/v1/streams/" + target;
        context.Request.QueryString = new QueryString(query);
        // As the server does it before routing.
        context.Request.RouteValues[RouteKeys.Stream] = Uri.UnescapeDataString(segment);
        if (RequestTarget.Read(context, out var read) is not null) return;
        if (read.Name(RouteKeys.Stream, "stream", out var name) is null) Check(name);
        if (SubscribeParameters.Read(context.Request, read, many: true, out var subscribe) is null)
        {
            // The one reserved name that may be read.
            foreach (var stream in (subscribe.Streams ?? []).Where(static s => s != HubNames.AuditStream)) Check(stream);
            foreach (var zone in subscribe.Zones ?? []) Check(zone);
            if (subscribe.Client is { } client) Check(client);
        }
        if (PublishParameters.Read(context.Request, read, targetInQuery: true, zoneInQuery: true, out var publish) is null
            && publish.Stream is { } to) Check(to);
        ListParameters.Read(read, out _);
        LastEventId.Read(context.Request, read);
    }

    private static void Check(string name)
    {
        if (HubNames.Check(name) is { } fault) throw new BreachException($"The name '{name}' was accepted: {fault}");
        if (PercentDecoding.TryDecode(Uri.EscapeDataString(name), query: false, out var again) is { } wrong || again != name)
            throw new BreachException($"The name '{name}' is not read again.");
    }
}
