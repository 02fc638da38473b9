using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>Lists, creates, inspects, clears and removes streams.</summary>
internal static class StreamEndpoints
{
    public static async Task List(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var fault = ListParameters.Read(target, out var p);
        var question = AccessRules.Ask(context, HubAction.ListStreams) with { Prefix = p.Prefix };
        fault ??= edge.NotServing() ?? await AccessRules.CheckListAsync(edge, question).ConfigureAwait(false) ?? edge.NotListing();
        if (fault is not null)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var answer = await edge.Hub.Streams.ListAsync(p.Prefix, p.After, p.Limit, context.RequestAborted).ConfigureAwait(false);
        if (!answer.TryGet(out var page))
        {
            await edge.RefuseAsync(context, edge.NoList()).ConfigureAwait(false);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, page, static (json, page) =>
        {
            json.WriteStartObject();
            json.WriteStartArray("streams");
            foreach (var stream in page.Items) Write(json, stream);
            json.WriteEndArray();
            json.WritePageEnd(page);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public static async Task Put(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var (stream, fault) = await BeginAsync(context, edge, target, HubAction.CreateStream).ConfigureAwait(false);
        if (fault is not null)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var (document, wrong) = await JsonBody.ReadAsync(context).ConfigureAwait(false);
        StreamOptions? options = null;
        if (document is not null)
        {
            using (document) wrong = StreamOptionsJson.Read(document.RootElement, edge.Edge.Options, stream, out options);
        }
        if (wrong is not null)
        {
            await edge.RefuseAsync(context, wrong).ConfigureAwait(false);
            return;
        }

        var result = await edge.Hub.Streams.CreateAsync(stream, options, CancellationToken.None).ConfigureAwait(false);
        var refusal = result.Status switch
        {
            CreateStreamStatus.Invalid => new HubFault(400, HubErrorCodes.OptionsInvalid, result.Error ?? "The options are invalid."),
            CreateStreamStatus.LimitReached =>
                new HubFault(429, HubErrorCodes.LimitReached, result.Error ?? "A limit of streams is reached.")
                    { RetryAfter = edge.Edge.Options.Retry },
            CreateStreamStatus.Unavailable => HubFault.Unavailable(result.Error, edge.Edge.RefusalRetry()),
            _ => null,
        };
        if (refusal is not null)
        {
            await edge.RefuseAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        var info = result.Stream;
        if (info is null) (await edge.Hub.Streams.GetAsync(stream, CancellationToken.None).ConfigureAwait(false)).TryGet(out info);
        var status = result.Status == CreateStreamStatus.Created ? 201 : 200;
        // Removed by somebody else in the meantime, or away: it was created all the same.
        if (info is null) context.Response.StatusCode = status;
        else await JsonAnswer.WriteAsync(context, status, info, Write).ConfigureAwait(false);
    }

    public static async Task Get(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var (stream, fault) = await BeginAsync(context, edge, target, HubAction.InspectStream).ConfigureAwait(false);
        if (fault is not null)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var answer = await edge.Hub.Streams.GetAsync(stream, context.RequestAborted).ConfigureAwait(false);
        if (!answer.TryGet(out var info)) await edge.RefuseAsync(context, Unknown(edge)).ConfigureAwait(false);
        else if (info is null) await edge.RefuseAsync(context, HubFault.NoStream(stream)).ConfigureAwait(false);
        else await JsonAnswer.WriteAsync(context, 200, info, Write).ConfigureAwait(false);
    }

    public static async Task Delete(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var (stream, fault) = await BeginAsync(context, edge, target, HubAction.RemoveStream).ConfigureAwait(false);
        if (fault is not null)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var removed = await edge.Hub.Streams.RemoveAsync(stream, CancellationToken.None).ConfigureAwait(false);
        await JsonAnswer.DoneAsync(context, edge, Fault(edge, stream, removed)).ConfigureAwait(false);
    }

    public static async Task Clear(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        var (stream, fault) = await BeginAsync(context, edge, target, HubAction.ClearStream).ConfigureAwait(false);
        if (fault is not null)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var cleared = await edge.Hub.Streams.ClearAsync(stream, CancellationToken.None).ConfigureAwait(false);
        await JsonAnswer.DoneAsync(context, edge, Fault(edge, stream, cleared)).ConfigureAwait(false);
    }

    /// <summary>The state of the node, then the authorizer's word.</summary>
    public static ValueTask<HubFault?> AllowedAsync(HttpContext context, EdgeContext edge, HubAction action, string? stream) =>
        edge.NotServing() is { } fault
            ? new(fault)
            : AccessRules.CheckAsync(edge, AccessRules.Ask(context, action) with { Stream = stream });

    private static HubFault? Fault(EdgeContext edge, string stream, EngineAnswer<bool> done) =>
        !done.TryGet(out var existed) ? Unknown(edge) : existed ? null : HubFault.NoStream(stream);

    /// <summary>503: nobody can say whether there is such a stream.</summary>
    public static HubFault Unknown(EdgeContext edge) =>
        HubFault.Unavailable(
            "The engine is away, or the stream has no owner that can be reached now; nobody can say whether the stream exists.",
            edge.Edge.RefusalRetry());

    private static async ValueTask<(string Stream, HubFault? Fault)> BeginAsync(
        HttpContext context, EdgeContext edge, RequestTarget target, HubAction action)
    {
        var fault = TargetNames.Stream(target, out var stream, reads: action == HubAction.InspectStream);
        AuditCall.Of(edge, context)?.On(stream);
        return (stream, fault ?? await AllowedAsync(context, edge, action, stream).ConfigureAwait(false));
    }

    private static void Write(Utf8JsonWriter json, StreamInfo stream)
    {
        json.WriteStartObject();
        json.WriteString("name", stream.Name);
        json.WriteString("epoch", stream.Epoch);
        json.WriteNumber("head", stream.Head);
        json.WriteNumber("first", stream.First);
        json.WriteNumber("bytes", stream.Bytes);
        json.WriteNumber("localReaders", stream.LocalReaders);
        json.WriteBoolean("declared", stream.Declared);
        json.WriteString("createdAt", stream.CreatedAt);
        StreamOptionsJson.Write(json, stream.Options);
        json.WriteEndObject();
    }
}
