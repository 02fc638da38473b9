using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>The hub's own events, as bytes. Field order as everywhere: event, retry, data, id, blank line.</summary>
internal static class ControlFrames
{
    internal static void Open(FrameBuffer to, string client, TimeSpan retry, IEnumerable<Cursor> cursors, in PositionId id)
    {
        Begin(to, HubNames.OpenEvent, retry);
        Data(to, (client, cursors), static (json, s) =>
        {
            json.WriteString("client"u8, s.client);
            WriteStreams(json, s.cursors);
        });
        Finish(to, id);
    }

    internal static void Subscriptions(FrameBuffer to, IEnumerable<Cursor> cursors, in PositionId id)
    {
        Begin(to, HubNames.SubscriptionsEvent, null);
        Data(to, cursors, static (json, s) => WriteStreams(json, s));
        Finish(to, id);
    }

    internal static void Gap(FrameBuffer to, string stream, Gap gap, bool exact, in PositionId id)
    {
        Begin(to, HubNames.GapEvent, null);
        Data(to, (stream, gap, exact), static (json, s) =>
        {
            json.WriteString("stream"u8, s.stream);
            WriteNumber(json, "from"u8, s.gap.From);
            WriteNumber(json, "to"u8, s.gap.To);
            json.WriteString("epoch"u8, s.gap.Epoch);
            if (s.gap.PreviousEpoch is { } previous) json.WriteString("previousEpoch"u8, previous);
            json.WriteString("reason"u8, s.gap.Word);
            json.WriteBoolean("exact"u8, s.exact && s.gap.From is not null && s.gap.To is not null);
        });
        Finish(to, id);
    }

    /// <summary>A gap for a reader without control events: a comment line.</summary>
    internal static void GapComment(FrameBuffer to, string stream, Gap gap)
    {
        to.Append(": gap stream="u8);
        to.Append(Encoding.UTF8.GetBytes(Uri.EscapeDataString(stream)));
        to.Append(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $" from={gap.From?.ToString(CultureInfo.InvariantCulture) ?? "?"} to={gap.To?.ToString(CultureInfo.InvariantCulture) ?? "?"} " +
            $"epoch={gap.Epoch} reason={gap.Word}\n")));
    }

    internal static void Position(FrameBuffer to, IEnumerable<Cursor> cursors, in PositionId id)
    {
        Begin(to, HubNames.PositionEvent, null);
        Data(to, cursors, static (json, s) =>
        {
            json.WriteStartArray("streams"u8);
            foreach (var cursor in s)
            {
                if (cursor.IsInternal) continue;
                json.WriteStartObject();
                json.WriteString("stream"u8, cursor.Stream);
                json.WriteString("epoch"u8, cursor.Position.Epoch);
                json.WriteNumber("offset"u8, cursor.Position.Offset);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        Finish(to, id);
    }

    internal static void Drain(FrameBuffer to, TimeSpan retry, in PositionId id)
    {
        Begin(to, HubNames.DrainEvent, retry);
        Data(to, retry, static (json, r) => json.WriteNumber("retry"u8, (long)r.TotalMilliseconds));
        Finish(to, id);
    }

    internal static void End(FrameBuffer to, string reason, TimeSpan? retry, in PositionId id)
    {
        Begin(to, HubNames.EndEvent, retry);
        Data(to, reason, static (json, r) => json.WriteString("reason"u8, r));
        Finish(to, id);
    }

    internal static void Ping(FrameBuffer to, string type, DateTimeOffset now, in PositionId id)
    {
        Begin(to, type, null);
        Data(to, now, static (json, n) => json.WriteString("timestamp"u8, n));
        Finish(to, id);
    }

    internal static void Retry(FrameBuffer to, TimeSpan retry)
    {
        to.Append("retry: "u8);
        Number(to, (long)retry.TotalMilliseconds);
        to.Append("\n"u8);
    }

    internal static void Number(FrameBuffer to, long number)
    {
        var span = to.GetSpan(20);
        System.Buffers.Text.Utf8Formatter.TryFormat(number, span, out var written);
        to.Advance(written);
    }

    /// <summary>The word for a reason, as <c>hub.end</c> says it.</summary>
    internal static string Word(CloseReason reason) => reason switch
    {
        CloseReason.Removed => "removed",
        CloseReason.SlowClient => "slow-client",
        CloseReason.Replaced => "replaced",
        CloseReason.Disconnected => "disconnected",
        CloseReason.Shutdown => "shutdown",
        CloseReason.Lifetime => "lifetime",
        CloseReason.LeaseLost => "lease-lost",
        CloseReason.Unavailable => "unavailable",
        CloseReason.ClientInUse => "client-in-use",
        CloseReason.LimitReached => "limit",
        CloseReason.NotFound => "not-found",
        CloseReason.CredentialExpired => "credential-expired",
        CloseReason.Revoked => "revoked",
        _ => "ended",
    };

    private static void Begin(FrameBuffer to, string type, TimeSpan? retry)
    {
        to.Append("event: "u8);
        to.Append(Encoding.UTF8.GetBytes(type));
        to.Append("\n"u8);
        if (retry is { } r) Retry(to, r);
    }

    private static void Data<T>(FrameBuffer to, T state, Action<Utf8JsonWriter, T> write)
    {
        to.Append("data: "u8);
        using (var json = new Utf8JsonWriter((IBufferWriter<byte>)to))
        {
            json.WriteStartObject();
            write(json, state);
            json.WriteEndObject();
        }
        to.Append("\n"u8);
    }

    /// <summary>Writes the id line, when there is an id, and the blank line.</summary>
    internal static void Finish(FrameBuffer to, in PositionId id)
    {
        if (!id.IsEmpty)
        {
            to.Append("id: "u8);
            id.WriteTo(to);
            to.Append("\n"u8);
        }
        to.Append("\n"u8);
    }

    private static void WriteStreams(Utf8JsonWriter json, IEnumerable<Cursor> cursors)
    {
        json.WriteStartArray("streams"u8);
        foreach (var cursor in cursors)
        {
            if (cursor.IsInternal) continue;
            var head = cursor.LocalStream.Log.Head;
            json.WriteStartObject();
            json.WriteString("stream"u8, cursor.Stream);
            json.WriteString("epoch"u8, head.Epoch);
            json.WriteNumber("head"u8, head.Offset);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? number)
    {
        if (number is { } n) json.WriteNumber(name, n);
        else json.WriteNull(name);
    }
}
