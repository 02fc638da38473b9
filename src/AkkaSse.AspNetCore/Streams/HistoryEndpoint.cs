using System.Text.Json;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>Retained events as JSON. Written as it is encoded: a page may hold a thousand events of a megabyte each.</summary>
internal static class HistoryEndpoint
{
    // What is encoded before it is handed to the transport.
    private const int FlushBytes = 64 * 1024;

    private static readonly string[] States = ["complete", "more", "trimmed", "epoch-changed"];

    public static async Task Get(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        StreamPosition? after = null;
        var fault = ListParameters.Read(target, out var p);
        var wrong = TargetNames.Stream(target, out var stream, reads: true);
        AuditCall.Of(edge, context)?.On(stream);
        fault = wrong ?? fault;
        if (fault is null && p.After is { } text)
        {
            if (StreamPosition.TryParse(text, out var position)) after = position;
            else fault = HubFault.Parameter("after", "is no position; the form is offset-epoch, as in the id of an event.");
        }
        fault ??= await StreamEndpoints.AllowedAsync(context, edge, HubAction.ReadHistory, stream).ConfigureAwait(false);
        if (fault is not null)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var page = await edge.Hub.Streams.ReadAsync(stream, after, p.Limit, context.RequestAborted).ConfigureAwait(false);
        if (page.State is HistoryState.NoStream or HistoryState.Unavailable)
        {
            await edge.RefuseAsync(context, page.State == HistoryState.NoStream ? HubFault.NoStream(stream) : StreamEndpoints.Unknown(edge))
                .ConfigureAwait(false);
            return;
        }

        await WriteAsync(context, stream, page).ConfigureAwait(false);
    }

    private static async Task WriteAsync(HttpContext context, string stream, HistoryPage page)
    {
        context.Response.ContentType = JsonAnswer.MediaType;
        context.Response.Headers.CacheControl = "no-store";
        var output = context.Response.BodyWriter;
        await using var json = new Utf8JsonWriter(output, JsonAnswer.Options);
        json.WriteStartObject();
        json.WriteString("stream", stream);
        json.WriteString("state", States[(int)page.State]);
        json.WriteString("epoch", page.Head.Epoch);
        json.WriteNumber("head", page.Head.Offset);
        json.WriteNumber("first", page.First);
        json.WriteBoolean("hasMore", page.HasMore);
        json.WriteText("next", page.HasMore && page.Events.Count > 0 ? page.Events[^1].Position.ToString() : null);
        json.WriteStartArray("events");
        foreach (var e in page.Events)
        {
            Write(json, e);
            if (json.BytesPending < FlushBytes) continue;
            json.Flush();
            if ((await output.FlushAsync(context.RequestAborted).ConfigureAwait(false)).IsCompleted) return;
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        await ResponseBody.FlushAsync(context).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter json, HistoryEvent e)
    {
        json.WriteStartObject();
        json.WriteString("id", e.Id);
        // The publisher's own id, where readers see the hub's; on the wire it is the field of the same name.
        if (e.Event.Id is { Length: > 0 } own && own != e.Id) json.WriteString(HubNames.PublisherIdField, own);
        json.WriteNumber("offset", e.Position.Offset);
        json.WriteString("epoch", e.Position.Epoch);
        json.WriteString("at", e.At);
        json.WriteText("type", e.Event.Type);
        if (e.Event.DataBytes is { } data) json.WriteString("data", data.Span);
        else json.WriteNull("data");
        if (e.Event.Comment is { } comment) json.WriteString("comment", comment);
        if (e.Event.Retry is { } retry) json.WriteNumber("retry", (long)retry.TotalMilliseconds);
        if (e.Event.Fields.Count > 0)
        {
            json.WriteStartObject("fields");
            foreach (var (name, value) in e.Event.Fields) json.WriteString(name, value);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
