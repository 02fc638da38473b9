using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>How the edges ask the quota, where there is one.</summary>
internal static class QuotaRules
{
    /// <returns>Null when the events may be published.</returns>
    public static HubFault? Check(IHubQuota quota, in HubAccessRequest request, int events, long bytes) =>
        quota.AcquirePublish(request, events, bytes) is { IsRefused: true } over
            ? new HubFault(429, HubErrorCodes.LimitReached, over.Reason!) { RetryAfter = over.RetryAfter }
            : null;

    /// <summary>Asks the quota and then the hub whether an event stream may be opened.</summary>
    public static ValueTask<Admission> ConnectAsync(HttpContext context, EdgeContext edge, SubscribeRequest request)
    {
        if (edge.Quota is { } quota && quota.AcquireConnect(context, request) is { IsRefused: true } over)
        {
            return new(new Admission(AdmissionStatus.LimitReached)
            {
                Error = over.Reason,
                // Spread: those that were refused together do not come back together.
                RetryAfter = over.RetryAfter + edge.Edge.RefusalRetry(),
            });
        }
        return request.AuthorizeStream?.Target is AddedStreams added
            ? added.ConnectAsync(context, request)
            : edge.Edge.ConnectAsync(request, context.RequestAborted);
    }
}
