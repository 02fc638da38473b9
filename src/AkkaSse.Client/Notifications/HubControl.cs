using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>Reads a hub's control events.</summary>
internal static class HubControl
{
    private const string Prefix = "hub.";

    /// <summary>
    /// True for a known control event whose data is the JSON object it must be. Everything else is an ordinary event: a foreign server may
    /// use such a name for its own, and a newer hub may have control events that this client does not know.
    /// </summary>
    public static bool TryRead(SseEvent e, [NotNullWhen(true)] out HubNotification? notification)
    {
        notification = null;
        if (e.Type is not { } type || !type.StartsWith(Prefix, StringComparison.Ordinal) || e.Data is not { } data)
        {
            return false;
        }

        if (type is not ("hub.open" or "hub.gap" or "hub.drain" or "hub.end" or "hub.position" or "hub.subscriptions"))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(data);
            notification = Read(type, e, document.RootElement);
            return notification is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static HubNotification? Read(string type, SseEvent e, JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        switch (type)
        {
            case "hub.open":
                return new HubOpened(e, Text(root, "client"), Streams(root));
            case "hub.gap":
                return Text(root, "reason") is { } gap
                    ? new HubGap(e, Text(root, "stream"), gap)
                    {
                        From = Number(root, "from"),
                        To = Number(root, "to"),
                        Epoch = Text(root, "epoch"),
                        PreviousEpoch = Text(root, "previousEpoch"),
                        Exact = !root.TryGetProperty("exact", out var exact) || exact.ValueKind != JsonValueKind.False,
                    }
                    : null;
            case "hub.drain":
                return new HubDraining(e);
            case "hub.end":
                return Text(root, "reason") is { } end ? new HubEnded(e, end) : null;
            case "hub.position":
                return new HubPosition(e);
            default:
                return new HubSubscriptions(e, Streams(root));
        }
    }

    private static List<HubStream> Streams(JsonElement root)
    {
        var streams = new List<HubStream>();
        if (!root.TryGetProperty("streams", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return streams;
        }

        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String)
            {
                streams.Add(new HubStream(item.GetString()!, null, null));
            }
            else if (item.ValueKind == JsonValueKind.Object && Text(item, "stream") is { } name)
            {
                streams.Add(new HubStream(name, Text(item, "epoch"), Number(item, "head")));
            }
        }

        return streams;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var n) ? n : null;
}
