using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.AspNetCore;

/// <summary>A stream's options as JSON. The names are those of <see cref="StreamOptions"/> in camel case; durations are texts.</summary>
internal static class StreamOptionsJson
{
    private const string Allowed =
        "replay, maxEvents, maxBytes, maxAge, ttl, slowReader, waitBound, conflateMaxKeys, conflateMaxBytes, ids, base64, maxSubscribers "
        + "and idleRemoval";

    private const int MaxFaults = 20;

    private static readonly string[] Policies = ["skip", "disconnect", "conflate", "wait"];
    private static readonly string[] IdKinds = ["hub", "caller"];

    /// <summary>
    /// Reads options over the stream's defaults and checks them; every fault is listed: names, forms of values, and bounds.
    /// </summary>
    public static HubFault? Read(JsonElement body, HubOptions hub, string stream, out StreamOptions options)
    {
        options = hub.DefaultsOf(stream);
        var faults = new List<string>();
        foreach (var member in body.EnumerateObject())
        {
            if (Apply(member.Name, member.Value, ref options) is not { } fault) continue;
            faults.Add(fault);
            // A body of a megabyte may have a hundred thousand names.
            if (faults.Count == MaxFaults) break;
        }
        var bounds = options.Validate().Concat(hub.CeilingFaults(stream, options));
        faults.AddRange(bounds.Select(static f => char.ToLowerInvariant(f[0]) + f[1..]));
        return faults.Count == 0 ? null : new HubFault(400, HubErrorCodes.OptionsInvalid, string.Join(' ', faults));
    }

    public static void Write(Utf8JsonWriter json, StreamOptions options)
    {
        json.WriteStartObject("options");
        json.WriteBoolean("replay", options.Replay);
        json.WriteNumber("maxEvents", options.MaxEvents);
        json.WriteNumber("maxBytes", options.MaxBytes);
        json.WriteDuration("maxAge", options.MaxAge);
        json.WriteDuration("ttl", options.Ttl);
        json.WriteString("slowReader", Policies[(int)options.SlowReader]);
        json.WriteNumber("waitBound", options.WaitBound);
        json.WriteNumber("conflateMaxKeys", options.ConflateMaxKeys);
        json.WriteNumber("conflateMaxBytes", options.ConflateMaxBytes);
        json.WriteString("ids", IdKinds[(int)options.Ids]);
        json.WriteBoolean("base64", options.Base64);
        if (options.MaxSubscribers is { } max) json.WriteNumber("maxSubscribers", max);
        else json.WriteNull("maxSubscribers");
        json.WriteDuration("idleRemoval", options.IdleRemoval);
        json.WriteEndObject();
    }

    private static string? Apply(string name, JsonElement value, ref StreamOptions options)
    {
        switch (name)
        {
            case "replay":
                if (!Flag(value, out var replay)) return Wrong(name, "true and false are allowed.");
                options = options with { Replay = replay };
                return null;
            case "base64":
                if (!Flag(value, out var base64)) return Wrong(name, "true and false are allowed.");
                options = options with { Base64 = base64 };
                return null;
            case "maxEvents":
                if (!Whole(value, out var maxEvents)) return Wrong(name, "a whole number is allowed.");
                options = options with { MaxEvents = maxEvents };
                return null;
            case "maxBytes":
                if (!Whole(value, out var maxBytes)) return Wrong(name, "a whole number is allowed.");
                options = options with { MaxBytes = maxBytes };
                return null;
            case "conflateMaxBytes":
                if (!Whole(value, out var conflateBytes)) return Wrong(name, "a whole number is allowed.");
                options = options with { ConflateMaxBytes = conflateBytes };
                return null;
            case "waitBound":
                if (!Small(value, out var waitBound)) return Wrong(name, "a whole number is allowed.");
                options = options with { WaitBound = waitBound };
                return null;
            case "conflateMaxKeys":
                if (!Small(value, out var conflateKeys)) return Wrong(name, "a whole number is allowed.");
                options = options with { ConflateMaxKeys = conflateKeys };
                return null;
            case "maxSubscribers":
                var readers = 0;
                if (value.ValueKind != JsonValueKind.Null && !Small(value, out readers))
                    return Wrong(name, "a whole number or null is allowed.");
                options = options with { MaxSubscribers = value.ValueKind == JsonValueKind.Null ? null : readers };
                return null;
            case "maxAge":
                if (!Duration(value, out var maxAge)) return Wrong(name, Durations.Allowed + " is allowed.");
                options = options with { MaxAge = maxAge };
                return null;
            case "ttl":
                var ttl = TimeSpan.Zero;
                if (value.ValueKind != JsonValueKind.Null && !Duration(value, out ttl))
                    return Wrong(name, Durations.Allowed + ", or null, is allowed.");
                options = options with { Ttl = value.ValueKind == JsonValueKind.Null ? null : ttl };
                return null;
            case "idleRemoval":
                var idle = TimeSpan.Zero;
                if (value.ValueKind != JsonValueKind.Null && !Duration(value, out idle))
                    return Wrong(name, Durations.Allowed + ", or null, is allowed.");
                options = options with { IdleRemoval = value.ValueKind == JsonValueKind.Null ? null : idle };
                return null;
            case "slowReader":
                if (!OneOf(value, Policies, out var policy)) return Wrong(name, "skip, disconnect, conflate and wait are allowed.");
                options = options with { SlowReader = (SlowReaderPolicy)policy };
                return null;
            case "ids":
                if (!OneOf(value, IdKinds, out var ids)) return Wrong(name, "hub and caller are allowed.");
                options = options with { Ids = (StreamIds)ids };
                return null;
            default:
                return $"The option '{name}' is not known; {Allowed} are allowed.";
        }
    }

    private static string Wrong(string name, string allowed) => $"The option '{name}' has a value that is not allowed; {allowed}";

    private static bool Flag(JsonElement value, out bool flag)
    {
        flag = value.ValueKind == JsonValueKind.True;
        return flag || value.ValueKind == JsonValueKind.False;
    }

    private static bool Whole(JsonElement value, out long number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out number);
    }

    private static bool Small(JsonElement value, out int number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number);
    }

    private static bool Duration(JsonElement value, out TimeSpan duration)
    {
        duration = default;
        return JsonBody.Text(value, "", out var text) is null && Durations.TryParse(text, out duration);
    }

    private static bool OneOf(JsonElement value, string[] words, out int index)
    {
        index = JsonBody.Text(value, "", out var text) is null ? Array.IndexOf(words, text) : -1;
        return index >= 0;
    }
}
