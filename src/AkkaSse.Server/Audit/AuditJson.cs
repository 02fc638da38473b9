using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AkkaSse.AspNetCore;

namespace AkkaSse.Server.Audit;

/// <summary>
/// Entries as JSON of one line, in ASCII alone: names are text of callers, and no name may begin a new line of a log or turn its text
/// around.
/// </summary>
internal static class AuditJson
{
    /// <summary>The kind of what stands for entries that are missing.</summary>
    internal const string Dropped = "dropped";

    // A managed subscription may have hundreds of streams.
    private const int MaxNames = 32;

    // Valid names have 256 bytes.
    private const int MaxLength = 256;

    // Of the names of one list as they are written: a character can take six bytes, and an entry of 45 KB would push many others out.
    private const int MaxNameBytes = 2_048;

    /// <summary>The name of a kind: the value of <c>kind</c>, the type of the event, and what <c>Audit:Events</c> names.</summary>
    internal static string Name(HubAuditKind kind) => kind.ToString().ToLowerInvariant();

    /// <param name="entry">The entry.</param>
    /// <param name="node">This node.</param>
    /// <param name="count">How many calls it stands for, where its own count does not say so; null for one.</param>
    internal static string Write(HubAuditEntry entry, string node, int? count)
    {
        return Write(entry.At, node, Name(entry.Kind), json =>
        {
            Text(json, "action", entry.Action is { } action ? Name(action) : null);
            Text(json, "call", entry.Call);
            json.WriteString("subject", entry.Subject);
            if (entry.Kind != HubAuditKind.End) json.WriteString("credential", entry.Credential ?? "none");
            Text(json, "remote", entry.Remote);
            Text(json, "client", entry.Client);
            Text(json, "zone", entry.Zone);
            Texts(json, "listenZones", entry.ListenZones);
            Texts(json, "streams", entry.Streams);
            if (entry.Broadcast) json.WriteBoolean("broadcast", true);
            Text(json, "subscription", entry.Subscription);
            Text(json, "target", entry.Target);
            if (entry.Status != 0) json.WriteNumber("status", entry.Status);
            Text(json, "code", entry.Code);
            Text(json, "reason", entry.Reason is { } reason ? JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString()) : null);
            if ((count ?? entry.Count) is { } number) json.WriteNumber("count", number);
            if (entry.Bytes is { } bytes) json.WriteNumber("bytes", bytes);
            Text(json, "request", entry.RequestId);
            Text(json, "trace", entry.TraceId);
        });
    }

    /// <summary>Says how many entries are missing.</summary>
    internal static string WriteDropped(DateTimeOffset now, string node, long count) =>
        Write(now, node, Dropped, json => json.WriteNumber("count", count));

    private static string Write(DateTimeOffset at, string node, string kind, Action<Utf8JsonWriter> members)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("time", at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("node", node);
            json.WriteString("kind", kind);
            members(json);
            json.WriteEndObject();
        }
        return Encoding.ASCII.GetString(body.WrittenSpan);
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, Cut(value));
    }

    // A name that is refused because it is too long may be of any length.
    private static ReadOnlySpan<char> Cut(string value) => value.AsSpan(0, Math.Min(value.Length, MaxLength));

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        var begun = json.BytesCommitted + json.BytesPending;
        var named = 0;
        while (named < Math.Min(values.Count, MaxNames) && json.BytesCommitted + json.BytesPending - begun < MaxNameBytes)
            json.WriteStringValue(Cut(values[named++]));
        json.WriteEndArray();
        if (values.Count > named) json.WriteNumber(name + "LeftOut", values.Count - named);
    }
}
