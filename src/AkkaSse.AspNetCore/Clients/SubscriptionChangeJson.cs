using System.Text.Json;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>The body <c>{add:[{stream,since?}],remove:[]}</c>; an item of <c>add</c> may be the stream's name alone.</summary>
internal static class SubscriptionChangeJson
{
    private static readonly SubscriptionChange Nothing = new([], []);

    public static async ValueTask<(SubscriptionChange Change, HubFault? Fault)> ReadAsync(HttpContext context)
    {
        var (document, fault) = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        if (fault is not null) return (Nothing, fault);
        if (document is null)
            return (Nothing, HubFault.Body("The body is empty; {\"add\":[{\"stream\":…,\"since\":…}],\"remove\":[…]} is needed."));
        using (document)
        {
            fault = Read(document.RootElement, out var add, out var remove);
            return fault is not null ? (Nothing, fault) : (new SubscriptionChange(add, remove), null);
        }
    }

    private static HubFault? Read(JsonElement body, out List<StreamSubscription> add, out List<string> remove)
    {
        add = [];
        remove = [];
        foreach (var member in body.EnumerateObject())
        {
            switch (member.Name)
            {
                case "add":
                    if (member.Value.ValueKind != JsonValueKind.Array) return HubFault.Body("'add' is not an array.");
                    var seen = new HashSet<string>(StringComparer.Ordinal);
                    foreach (var item in member.Value.EnumerateArray())
                    {
                        if (Item(item, out var subscription) is { } fault) return fault;
                        if (!seen.Add(subscription.Stream))
                            return HubFault.Body($"'add' names the stream '{subscription.Stream}' twice.");
                        add.Add(subscription);
                    }
                    break;
                case "remove":
                    if (JsonBody.Names(member.Value, "remove", out remove) is { } wrong) return wrong;
                    break;
                default:
                    return JsonBody.Unknown(member.Name, "add and remove");
            }
        }
        return add.Count + remove.Count > 0 ? null : HubFault.Body("Nothing is to be added or removed.");
    }

    private static HubFault? Item(JsonElement item, out StreamSubscription subscription)
    {
        subscription = default;
        string? stream = null;
        StartPosition? since = null;
        if (item.ValueKind == JsonValueKind.String)
        {
            if (JsonBody.Name(item, "stream", out stream) is { } fault) return fault;
        }
        else if (item.ValueKind != JsonValueKind.Object)
        {
            return HubFault.Body("An item of 'add' is neither an object nor a name.");
        }
        else
        {
            foreach (var member in item.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "stream":
                        if (JsonBody.Name(member.Value, "stream", out stream) is { } fault) return fault;
                        break;
                    case "since":
                        if (JsonBody.Text(member.Value, "since", out var text) is { } wrong) return wrong;
                        if (StartPosition.TryParse(text, out since)) break;
                        return HubFault.Body(
                            $"'since' is none of earliest, latest, last:N, offset:N, {Durations.Allowed}, or an RFC 3339 time.");
                    default:
                        return JsonBody.Unknown(member.Name, "stream and since");
                }
            }
        }
        if (stream is null) return HubFault.Body("An item of 'add' has no 'stream'.");
        subscription = new StreamSubscription(stream, since);
        return null;
    }
}
