using System.Text.Json;
using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// The body <c>{"properties":{"id":…,"keepaliveInterval":…},"nodes":[…]}</c>: nodes are streams, the interval is in milliseconds. Other
/// properties (sampling, queueing, publish and error intervals) speak of a data source that is sampled; here events come when they are
/// published, so they are read over.
/// </summary>
internal static class CtrlXSubscription
{
    public static HubFault? Read(JsonElement body, string? idInPath, string? subject, out ManagedSubscription? subscription)
    {
        subscription = null;
        var id = idInPath;
        TimeSpan? keepalive = null;
        if (body.TryGetProperty("properties", out var properties))
        {
            if (properties.ValueKind != JsonValueKind.Object) return HubFault.Body("'properties' is not an object.");
            if (properties.TryGetProperty("id", out var named) && named.ValueKind != JsonValueKind.Null)
            {
                if (JsonBody.Name(named, "id", out var own) is { } badId) return badId;
                if (idInPath is not null && own != idInPath)
                    return HubFault.Body($"The body has the id '{own}' and the path '{idInPath}'; they must be the same.");
                id = own;
            }
            if (properties.TryGetProperty("keepaliveInterval", out var interval) && interval.ValueKind != JsonValueKind.Null)
            {
                if (interval.ValueKind != JsonValueKind.Number || !interval.TryGetInt32(out var ms) || ms < 0)
                    return HubFault.Body("'keepaliveInterval' is not a number of milliseconds.");
                keepalive = TimeSpan.FromMilliseconds(ms);
            }
        }

        if (!body.TryGetProperty("nodes", out var list)) return HubFault.Body("'nodes' is missing; it names the streams.");
        if (JsonBody.Names(list, "nodes", out var streams) is { } badNodes) return badNodes;
        if (streams.Count == 0) return HubFault.Body("'nodes' is empty; it names the streams.");
        subscription = new ManagedSubscription { Id = id ?? Welcomes.NewId(), Streams = streams, Heartbeat = keepalive, Subject = subject };
        return null;
    }

    public static void Write(Utf8JsonWriter json, ManagedSubscription subscription)
    {
        json.WriteStartObject();
        json.WriteStartObject("properties");
        json.WriteString("id", subscription.Id);
        if (subscription.Heartbeat is { } keepalive) json.WriteNumber("keepaliveInterval", (long)keepalive.TotalMilliseconds);
        json.WriteEndObject();
        json.WriteTexts("nodes", subscription.Streams);
        json.WriteEndObject();
    }
}
