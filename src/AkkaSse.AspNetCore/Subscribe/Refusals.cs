using System.Buffers;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>How a subscriber is told no.</summary>
internal static class Refusals
{
    /// <summary>
    /// Answers a request that the hub did not admit. A browser's EventSource gives up for ever on any status but 200, so what will pass is
    /// said to it as <c>hub.end</c> on a 200 with a <c>retry:</c>, and the clean end makes it come back.
    /// </summary>
    public static Task WriteAsync(HttpContext context, EdgeContext edge, SubscribeRequest request, in Admission admission)
    {
        if (admission.Status is AdmissionStatus.Removed or AdmissionStatus.Refused)
        {
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        }

        var fault = Fault(admission, request, edge.Edge);
        if (!request.Browser || EndReason(admission.Status) is not { } reason) return edge.RefuseAsync(context, fault);
        AuditCall.Of(edge, context)?.Refuse(fault.Status, fault.Code);
        return EndAsync(context, edge, request, reason, admission.RetryAfter ?? edge.Edge.RefusalRetry());
    }

    /// <summary>
    /// Says a fault that will pass to a browser as <see cref="WriteAsync"/> does, when it is found before the hub is asked; null when
    /// another fault or another reader is to get its status.
    /// </summary>
    public static Task? WriteEnd(HttpContext context, EdgeContext edge, HubFault fault, in EdgeSubscription what) =>
        what.Browser && fault.Status == 503
            ? WriteAsync(context, edge, EventStream.Describe(context, edge, what),
                new Admission(AdmissionStatus.Unavailable) { Error = fault.Message, RetryAfter = fault.RetryAfter })
            : null;

    public static HubFault Fault(in Admission admission, SubscribeRequest request, IHubEdge edge) => admission.Status switch
    {
        AdmissionStatus.NoStream => new(404, HubErrorCodes.StreamNotFound, admission.Error ?? "A stream does not exist."),
        AdmissionStatus.NoSubscription => new(
            404, HubErrorCodes.SubscriptionNotFound, admission.Error
                ?? $"The subscription '{request.ManagedSubscription}' does not exist."),
        AdmissionStatus.ClientInUse =>
            new(409, HubErrorCodes.ClientInUse, admission.Error ?? $"a client with id {request.ClientId} already exists"),
        AdmissionStatus.LimitReached =>
            new(429, HubErrorCodes.LimitReached, admission.Error ?? "A limit of connections is reached.")
                { RetryAfter = admission.RetryAfter ?? edge.RefusalRetry() },
        AdmissionStatus.Draining =>
            new(503, HubErrorCodes.Draining, admission.Error ?? "The hub is draining or closed.")
                { RetryAfter = admission.RetryAfter ?? edge.RefusalRetry() },
        AdmissionStatus.Unavailable => HubFault.Unavailable(admission.Error, admission.RetryAfter ?? edge.RefusalRetry()),
        _ => new(400, HubErrorCodes.SubscriptionInvalid, admission.Error ?? "The subscription is invalid."),
    };

    private static string? EndReason(AdmissionStatus status) => status switch
    {
        AdmissionStatus.ClientInUse => "client-in-use",
        AdmissionStatus.LimitReached => "limit",
        AdmissionStatus.Draining => "draining",
        AdmissionStatus.Unavailable => "unavailable",
        _ => null,
    };

    private static Task EndAsync(HttpContext context, EdgeContext edge, SubscribeRequest request, string reason, TimeSpan retry)
    {
        EventStream.SetHead(context, edge);
        var output = context.Response.BodyWriter;
        output.Write(":\n"u8);
        retry = TimeSpan.FromMilliseconds(Math.Ceiling(retry.TotalMilliseconds));
        // There are clients whose last event id an event without an id empties; they would come back without their position.
        SseEncoder.Write(output, request.Control
            ? new SseEvent
              {
                  Type = HubNames.EndEvent,
                  Data = $$"""{"reason":"{{reason}}"}""",
                  Retry = retry,
                  Id = request.RepeatableLastEventId,
              }
            : new SseEvent { Retry = retry });
        return output.FlushAsync(context.RequestAborted).AsTask();
    }
}
