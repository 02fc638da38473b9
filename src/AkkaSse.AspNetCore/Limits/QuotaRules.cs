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

    /// <summary>Asks for the streams of a managed subscription, which the hub keeps as it does those of a connection.</summary>
    /// <returns>Null when it may be made.</returns>
    public static HubFault? CheckSubscription(HttpContext context, EdgeContext edge, ManagedSubscription subscription)
    {
        if (edge.Quota is not { } quota) return null;
        var (principal, subject) = RequestSnapshot.Who(context, edge);
        var request = new SubscribeRequest
        {
            Subject = subject,
            Principal = principal,
            Streams = [.. subscription.Streams.Select(static s => new StreamSubscription(s))],
            ManagedSubscription = subscription.Id,
        };
        return quota.AcquireConnect(context, request) is { IsRefused: true } over
            ? new HubFault(429, HubErrorCodes.LimitReached, over.Reason!) { RetryAfter = over.RetryAfter }
            : null;
    }

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
