using AkkaSse.Hub;
using AkkaSse.Protocol;
using Microsoft.AspNetCore.Http;
using LastEventIds = AkkaSse.AspNetCore.LastEventId;

namespace AkkaSse.AspNetCore;

/// <summary>What a subscriber's query says.</summary>
internal struct SubscribeParameters
{
    public List<string>? Streams, Zones, Types;
    public string? Client, Instance, LastEventId;
    public bool? Broadcast, Control, Browser, Trace;
    public bool PingEvent;
    public StartPosition? Since;

    /// <summary>What the request decides by itself; which streams are read is the endpoint's.</summary>
    public readonly EdgeSubscription Subscription(HttpRequest request) => new()
    {
        Instance = Instance,
        Types = Types ?? (IReadOnlyList<string>)[],
        LastEventId = LastEventId,
        Since = Since,
        Control = Control ?? true,
        TraceParents = Trace is true,
        HeartbeatKind = PingEvent ? HeartbeatKind.Event : HeartbeatKind.Comment,
        Browser = Browser ?? request.Headers["Sec-Fetch-Dest"] == "empty",
    };

    /// <summary>Reads the query, and the last event id from wherever it is.</summary>
    /// <param name="request">The request.</param>
    /// <param name="target">Its target.</param>
    /// <param name="many">True where streams, zones and a client are named in the query; else they are refused there.</param>
    /// <param name="p">What was read.</param>
    /// <param name="streamInQuery">True where the one stream is named in the query and was read from there.</param>
    public static HubFault? Read(
        HttpRequest request, in RequestTarget target, bool many, out SubscribeParameters p, bool streamInQuery = false)
    {
        p = default;
        string? since = null, ping = null;
        var id = new LastEventIds.Reader(request);
        var q = target.Parameters;
        while (q.Next())
        {
            var fault = q.Name switch
            {
                "stream" when many => q.EachName("stream", ref p.Streams, reads: true),
                "stream" when streamInQuery => null,
                "zone" when many => q.EachName("zone", ref p.Zones),
                "client" when many => q.SingleName("client", ref p.Client),
                "broadcast" when many => q.Switch("broadcast", ref p.Broadcast),
                "stream" or "zone" or "client" or "broadcast" =>
                    HubFault.Parameter(q.Name.ToString(), "has no meaning where exactly one stream is read; GET /v1/events takes it."),
                "instance" => q.Single("instance", ref p.Instance),
                "type" => q.Each("type", ref p.Types),
                "since" => q.Single("since", ref since),
                "ping" => q.Single("ping", ref ping),
                "control" => q.Switch("control", ref p.Control),
                "trace" => q.Switch("trace", ref p.Trace),
                "browser" => q.Switch("browser", ref p.Browser),
                LastEventIds.Snake or LastEventIds.Camel => id.Take(q),
                _ => null,
            };
            if (fault is not null) return fault;
        }

        p.Instance = QueryReader.Absent(p.Instance);
        if (p.Instance is { } instance && HubNames.Check(instance) is { } badInstance)
            return HubFault.Parameter("instance", "is not allowed. " + badInstance);
        foreach (var type in p.Types ?? [])
        {
            if (SseFieldRules.CheckType(type) is { } badType) return HubFault.Parameter("type", "is not allowed. " + badType);
        }

        if (QueryReader.Absent(ping) is { } kind && !(p.PingEvent = kind == "event") && kind != "comment")
            return HubFault.Parameter("ping", "has another value than event or comment.");
        if (QueryReader.Absent(since) is { } start && !StartPosition.TryParse(start, out p.Since))
            return HubFault.Parameter("since", $"is none of earliest, latest, last:N, offset:N, {Durations.Allowed}, or an RFC 3339 time.");

        p.LastEventId = id.Value;
        return null;
    }
}
