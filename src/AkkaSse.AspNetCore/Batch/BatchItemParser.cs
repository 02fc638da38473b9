using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Reads one item. What is wrong with an item is kept in it; only bytes that are no JSON are an exception, because nothing after them can
/// be read.
/// </summary>
internal sealed class BatchItemParser(RunMemory memory)
{
    private const string Allowed =
        "stream, client, zone, broadcast, type, data, json, base64, id, idempotencyKey, retry, comment, conflate, ttl and fields are " +
        "allowed.";

    private static readonly JsonReaderState Fresh = new(new JsonReaderOptions { MaxDepth = BatchLimits.Depth });

    private readonly TextCache _streams = new();
    private readonly TextCache _types = new();
    private readonly TextCache _zones = new();

    [Flags]
    private enum Property
    {
        Unknown = 0,
        Stream = 1 << 0,
        Client = 1 << 1,
        Zone = 1 << 2,
        Broadcast = 1 << 3,
        Type = 1 << 4,
        Data = 1 << 5,
        Json = 1 << 6,
        Base64 = 1 << 7,
        Id = 1 << 8,
        Key = 1 << 9,
        Retry = 1 << 10,
        Comment = 1 << 11,
        Conflate = 1 << 12,
        Ttl = 1 << 13,
        Fields = 1 << 14,
    }

    /// <summary>Reads the object that begins at <paramref name="start"/>.</summary>
    /// <param name="block">What was read of the body.</param>
    /// <param name="start">The offset of the object's brace.</param>
    /// <param name="end">The end of what was read.</param>
    /// <param name="final">True when nothing comes after <paramref name="end"/>.</param>
    /// <param name="item">The item.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <returns>False when the item goes on after what was read.</returns>
    /// <exception cref="JsonException">These bytes are no JSON.</exception>
    public bool TryParse(byte[] block, int start, int end, bool final, out BatchEntry item, out int length)
    {
        item = default;
        length = 0;
        var seen = Property.Unknown;
        var base64 = false;
        var reader = new Utf8JsonReader(block.AsSpan(start, end - start), final, Fresh);
        if (!reader.Read()) return false;
        while (true)
        {
            if (!reader.Read()) return false;
            if (reader.TokenType == JsonTokenType.EndObject) break;
            var property = Which(ref reader);
            if (property == Property.Unknown) item.Fault ??= HubFault.Body($"The item has the member '{Short(ref reader)}'; {Allowed}");
            else if ((seen & property) != 0)
                item.Fault ??= HubFault.Body($"The item has the member '{Short(ref reader)}' more than once; once is allowed.");
            seen |= property;
            if (item.Fault is not null)
            {
                if (!reader.TrySkip()) return false;
                continue;
            }

            if (!reader.Read()) return false;
            if (property == Property.Json)
            {
                var from = start + (int)reader.TokenStartIndex;
                if (!reader.TrySkip()) return false;
                item.Data = block.AsMemory(from, start + (int)reader.BytesConsumed - from);
                continue;
            }

            if (reader.TokenType != JsonTokenType.Null && Read(ref reader, property, block, start, ref item, ref base64) is { } wrong)
                item.Fault = HubFault.Body(wrong);
            if (!reader.TrySkip()) return false;
        }

        length = (int)reader.BytesConsumed;
        item.Fault ??= Check(ref item, seen, base64);
        return true;
    }

    private static Property Which(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return Which(reader.ValueSpan);
        if (reader.ValueSpan.Length > 128) return Property.Unknown;
        Span<byte> name = stackalloc byte[128];
        try
        {
            return Which(name[..reader.CopyString(name)]);
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: no name of ours.
            return Property.Unknown;
        }
    }

    private static Property Which(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("id"u8) => Property.Id,
        3 when name.SequenceEqual("ttl"u8) => Property.Ttl,
        4 when name.SequenceEqual("data"u8) => Property.Data,
        4 when name.SequenceEqual("type"u8) => Property.Type,
        4 when name.SequenceEqual("json"u8) => Property.Json,
        4 when name.SequenceEqual("zone"u8) => Property.Zone,
        5 when name.SequenceEqual("retry"u8) => Property.Retry,
        6 when name.SequenceEqual("stream"u8) => Property.Stream,
        6 when name.SequenceEqual("client"u8) => Property.Client,
        6 when name.SequenceEqual("base64"u8) => Property.Base64,
        6 when name.SequenceEqual("fields"u8) => Property.Fields,
        7 when name.SequenceEqual("comment"u8) => Property.Comment,
        8 when name.SequenceEqual("conflate"u8) => Property.Conflate,
        9 when name.SequenceEqual("broadcast"u8) => Property.Broadcast,
        14 when name.SequenceEqual("idempotencyKey"u8) => Property.Key,
        _ => Property.Unknown,
    };

    // What is wrong, or null.
    private string? Read(ref Utf8JsonReader reader, Property property, byte[] block, int start, ref BatchEntry item, ref bool base64)
    {
        switch (property)
        {
            case Property.Stream:
                return Text(ref reader, "stream", _streams, out item.Stream) ?? Name("stream", item.Stream!);
            case Property.Zone:
                return Text(ref reader, "zone", _zones, out item.Zone) ?? Name("zone", item.Zone!);
            case Property.Client:
                return Text(ref reader, "client", null, out item.Client) ?? Name("client", item.Client!);
            case Property.Type:
                return Text(ref reader, "type", _types, out item.Type);
            case Property.Id:
                return Text(ref reader, "id", null, out item.Id);
            case Property.Key:
                return Text(ref reader, "idempotencyKey", null, out item.Key);
            case Property.Comment:
                return Text(ref reader, "comment", null, out item.Comment);
            case Property.Conflate:
                return Text(ref reader, "conflate", null, out item.Conflate);
            case Property.Data:
                return Data(ref reader, block, start, ref item);
            case Property.Broadcast:
                return Switch(ref reader, "broadcast", out item.Broadcast);
            case Property.Base64:
                return Switch(ref reader, "base64", out base64);
            case Property.Retry:
                return Retry(ref reader, ref item);
            case Property.Ttl:
                if (Text(ref reader, "ttl", null, out var ttl) is { } noText) return noText;
                if (!Durations.TryParse(ttl, out var life)) return $"The member 'ttl' is not {Durations.Allowed}.";
                item.Ttl = life;
                return null;
            default:
                return Fields(ref reader, ref item);
        }
    }

    private static string? Name(string property, string name) => HubNames.Check(name) is { } fault ? $"{property}: {fault}" : null;

    private static string? Text(ref Utf8JsonReader reader, string property, TextCache? cache, out string? text)
    {
        text = "";
        if (reader.TokenType != JsonTokenType.String) return $"The member '{property}' is not a string.";
        if (!reader.ValueIsEscaped && cache is not null)
        {
            text = cache.Get(reader.ValueSpan);
            return text is null ? $"The member '{property}' is not UTF-8." : null;
        }

        try
        {
            text = reader.GetString();
            return null;
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for bytes that are not UTF-8 and for lone surrogates.
            return $"The member '{property}' is not valid Unicode.";
        }
    }

    private string? Data(ref Utf8JsonReader reader, byte[] block, int start, ref BatchEntry item)
    {
        if (reader.TokenType != JsonTokenType.String) return "The member 'data' is not a string; 'json' takes any JSON value.";
        var raw = reader.ValueSpan.Length;
        if (!reader.ValueIsEscaped)
        {
            item.Data = block.AsMemory(start + (int)reader.TokenStartIndex + 1, raw);
            return null;
        }

        var copy = memory.Rent(raw);
        try
        {
            item.Data = copy[..reader.CopyString(copy.Span)];
            return null;
        }
        catch (InvalidOperationException)
        {
            return "The member 'data' is not valid Unicode.";
        }
    }

    private static string? Switch(ref Utf8JsonReader reader, string property, out bool value)
    {
        value = reader.TokenType == JsonTokenType.True;
        return value || reader.TokenType == JsonTokenType.False ? null : $"The member '{property}' is neither true nor false.";
    }

    private static string? Retry(ref Utf8JsonReader reader, ref BatchEntry item)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var ms) && ms >= 0)
        {
            item.Retry = TimeSpan.FromMilliseconds(ms);
            return null;
        }

        if (reader.TokenType == JsonTokenType.String && Text(ref reader, "retry", null, out var text) is null
            && Durations.TryParse(text, out var duration))
        {
            item.Retry = duration;
            return null;
        }

        return $"The member 'retry' is neither a number of milliseconds nor {Durations.Allowed}.";
    }

    // The framing has made sure that the item is whole, or the reader returns false and the item is read again.
    private static string? Fields(ref Utf8JsonReader reader, ref BatchEntry item)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return "The member 'fields' is not an object of strings.";
        var fields = new List<KeyValuePair<string, string>>();
        var ahead = reader;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            if (Name(ref ahead) is not { } name) return "A name in 'fields' is not valid Unicode.";
            if (!ahead.Read()) return null;
            if (Text(ref ahead, name, null, out var value) is { } wrong) return "fields: " + wrong;
            fields.Add(new(name, value!));
        }
        item.Fields = fields;
        return null;
    }

    private static string? Name(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private HubFault? Check(ref BatchEntry item, Property seen, bool base64)
    {
        var targets = (item.Stream is null ? 0 : 1) + (item.Broadcast ? 1 : 0) + (item.Client is null && item.Zone is null ? 0 : 1);
        if (targets != 1)
            return HubFault.Body(
                $"The item has {(targets == 0 ? "no target" : "several targets")}; one of stream, zone, client (with or without zone) " +
                "and broadcast is needed.");
        if ((seen & (Property.Data | Property.Json)) == (Property.Data | Property.Json))
            return HubFault.Body("The item has both 'data' and 'json'; one of them is allowed.");
        if (item.Client is not null && (item.Key is not null || item.Ttl is not null || item.Conflate is not null))
            return HubFault.Body(
                "idempotencyKey, ttl and conflate have no meaning for a client's inbox, which is live only and keeps nothing.");
        if (!base64) return null;
        if ((seen & Property.Data) == 0 || item.Data is not { } encoded)
            return HubFault.Body("The item has 'base64' and no 'data'; it says that the data are base64.");
        var decoded = memory.Rent(Base64.GetMaxDecodedFromUtf8Length(encoded.Length));
        if (Base64.DecodeFromUtf8(encoded.Span, decoded.Span, out _, out var written) != OperationStatus.Done)
            return HubFault.Body("The member 'data' is not base64.");
        item.Data = decoded[..written];
        return null;
    }

    // A name for a message; a body may have members of any length.
    private static string Short(ref Utf8JsonReader reader)
    {
        const int Longest = 64;
        var name = reader.ValueSpan;
        return name.Length <= Longest ? Encoding.UTF8.GetString(name) : Encoding.UTF8.GetString(name[..Longest]) + "…";
    }
}
