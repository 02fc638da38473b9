using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>
/// <c>POST /v1/batch</c>: publishes the items of a body as it arrives, in order and each for itself. Memory is bounded by one run (256
/// items or 256 KB) or one item, whichever is larger, and by the answers.
/// </summary>
internal static class BatchEndpoint
{
    public static async Task PostAsync(HttpContext context, EdgeContext edge, RequestTarget target)
    {
        if (Refusal(context.Request, out var key) is { } fault)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return;
        }

        // The bound is on items, of which there may be 10 000 of a megabyte; the server's own (30 MB) is on the whole.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        context.Response.ContentType = "application/json";
        using var answers = new BatchAnswers(context.Response.BodyWriter);
        answers.Begin();
        using (var memory = new RunMemory())
        using (var reader = new BatchReader(context.Request.BodyReader, new BatchItemParser(memory), context.Request.ContentLength,
            BatchLimits.ItemBytes(edge.Edge.Options.MaxEventBytes)))
        {
            var audit = AuditCall.Of(edge, context) is { } call ? new BatchAudit(call) : null;
            var quota = edge.Quota is { } asked ? new BatchQuota(context, asked) : null;
            var run = new BatchRun(edge, answers, memory, AccessRules.Subject(edge, context), audit, quota);
            try
            {
                await PublishAsync(context, edge, key, reader, run, answers).ConfigureAwait(false);
            }
            finally
            {
                // Also of a sender that has gone: what it has published is there.
                audit?.Flush();
            }
            if (reader.IsEmpty && answers.IsEmpty && RequestBody.IsSpent(context))
            {
                await edge.RefuseAsync(context, RequestBody.Spent()).ConfigureAwait(false);
                return;
            }
        }
        answers.End();
        await ResponseBody.FlushAsync(context).ConfigureAwait(false);
    }

    private static async Task PublishAsync(
        HttpContext context, EdgeContext edge, string? key, BatchReader reader, BatchRun run, BatchAnswers answers)
    {
        var authorizer = edge.Authorizer is null ? null : new BatchAuthorizer(context, edge);
        var keys = new RunKeys(key);
        var count = 0;
        while (true)
        {
            var step = reader.Next(out var item);
            if (step == BatchStep.NeedData && reader.Cut is { } cut)
            {
                // What was read of it stands. Under a key a run that is not whole is left to the repetition, which would find another one
                // under the run's key.
                if (key is null) await run.FlushAsync().ConfigureAwait(false);
                answers.Write(cut);
                return;
            }

            if (step == BatchStep.NeedData)
            {
                if (reader.TryFill()) continue;
                // What has arrived is published before more is waited for. Under a key it stays: where a run ends must depend on the body
                // alone, so that a repetition finds the same runs.
                if (key is null) await run.FlushAsync().ConfigureAwait(false);
                else run.Keep();
                await reader.FillAsync().ConfigureAwait(false);
                authorizer?.Waited();
                continue;
            }

            if (step != BatchStep.Item || count == BatchLimits.Items)
            {
                await run.FlushAsync().ConfigureAwait(false);
                if (step == BatchStep.Broken) answers.Write(reader.Fault!, reader.FaultAt);
                else if (step == BatchStep.Item) answers.Write(TooMany());
                return;
            }

            if (key is not null && item.Fault is null) keys.Give(ref item, count, run.IsEmpty);
            if (authorizer is not null && item.Fault is null) item.Fault = await authorizer.CheckAsync(item).ConfigureAwait(false);
            run.Add(item);
            count++;
            if (run.IsFull) await run.FlushAsync().ConfigureAwait(false);
        }
    }

    private static HubFault TooMany() =>
        new(413, HubErrorCodes.BodyTooLarge, $"The batch has more than {BatchLimits.Items} items; this one and what follows was not read.");

    private static HubFault? Refusal(HttpRequest request, out string? key)
    {
        key = null;
        if (RequestBody.Encoded(request) is { } encoded) return encoded;
        var keys = request.Headers["Idempotency-Key"];
        if (keys.Count == 0) return null;
        if (keys.Count > 1)
            return new HubFault(400, HubErrorCodes.HeaderInvalid, "Idempotency-Key is there more than once; once is allowed.");
        key = keys.ToString();
        return key.Length is 0 or > BatchLimits.KeyLength || key.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? new HubFault(400, HubErrorCodes.HeaderInvalid,
                $"Idempotency-Key is not 1 to {BatchLimits.KeyLength} characters of printable ASCII, which is what a batch may have.")
            : null;
    }
}
