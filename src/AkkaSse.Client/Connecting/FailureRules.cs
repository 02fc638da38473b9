using System.Net;

namespace AkkaSse.Client;

/// <summary>Which responses are accepted and which failures are permanent. Pure.</summary>
internal static class FailureRules
{
    public const string EventStream = "text/event-stream";

    public static bool IsPermanent(PermanentFailures rule, SseFailure failure, HttpStatusCode? status) => rule switch
    {
        PermanentFailures.None => false,
        PermanentFailures.Browser => failure is SseFailure.Status or SseFailure.NoContent or SseFailure.ContentType or SseFailure.Request,
        _ => failure switch
        {
            SseFailure.NoContent or SseFailure.ContentType or SseFailure.Request or SseFailure.Redirect => true,
            SseFailure.Status => (int?)status is not (408 or 425 or 429 or >= 500),
            _ => false,
        },
    };

    public static SseFailure? Check(HttpStatusCode status, string? contentType, bool acceptCreated)
    {
        if (status == HttpStatusCode.NoContent)
        {
            return SseFailure.NoContent;
        }

        if (status != HttpStatusCode.OK && !(acceptCreated && status == HttpStatusCode.Created))
        {
            return SseFailure.Status;
        }

        return IsEventStream(contentType) ? null : SseFailure.ContentType;
    }

    /// <summary>
    /// The essence of a MIME type (WHATWG MIME Sniffing section 4.4), parameters of any form aside; .NET's own parser refuses some of
    /// those.
    /// </summary>
    public static bool IsEventStream(string? contentType)
    {
        var essence = contentType.AsSpan();
        var end = essence.IndexOf(';');
        return (end < 0 ? essence : essence[..end]).Trim(" \t").Equals(EventStream, StringComparison.OrdinalIgnoreCase);
    }

    public static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;
}
