using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Opens an event stream on a compatible edge: as <see cref="EventStream"/> does, with the older hubs' refusals and without <c>hub.*</c>
/// events.
/// </summary>
internal static class CompatibilityStream
{
    /// <summary>What all compatible edges have in common.</summary>
    public static EdgeSubscription Subscription(HttpContext context, in RequestTarget target) => new()
    {
        LastEventId = LastEventId.Read(context.Request, target),
        Control = false,
        Browser = context.Request.Headers["Sec-Fetch-Dest"] == "empty",
    };

    /// <summary>Serves a subscriber; a HEAD request gets the head alone.</summary>
    /// <param name="context">The request.</param>
    /// <param name="shared">The edge.</param>
    /// <param name="what">What it reads.</param>
    /// <param name="end">How the body ends.</param>
    /// <param name="name">True on <c>/connect</c>, where a client has an identity: it is named in a header and welcomed.</param>
    public static Task RunAsync(
        HttpContext context, CompatibilityContext shared, in EdgeSubscription what, StreamEnd end = StreamEnd.Proper, bool name = false) =>
        RunAsync(context, shared, EventStream.Describe(context, shared.Edge, what), end, name);

    private static async Task RunAsync(HttpContext context, CompatibilityContext shared, SubscribeRequest request, StreamEnd end, bool name)
    {
        if (await AdmitAsync(context, shared, request, name).ConfigureAwait(false) is { } connection)
            await EventStream.RunAsync(context, connection, end).ConfigureAwait(false);
    }

    private static async ValueTask<IClientConnection?> AdmitAsync(
        HttpContext context, CompatibilityContext shared, SubscribeRequest request, bool name)
    {
        var edge = shared.Edge;
        AuditCall.Of(edge, context)?.On(request);
        if (await EventStream.AuthorizeAsync(context, edge, request).ConfigureAwait(false) is { } fault)
        {
            await shared.RefuseAsync(context, fault).ConfigureAwait(false);
            return null;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            EventStream.SetHead(context, edge);
            return null;
        }

        if (name) request = Welcomes.Add(request, shared.Options);
        var admission = await QuotaRules.ConnectAsync(context, edge, request).ConfigureAwait(false);
        if (admission.Connection is not { } connection)
        {
            await RefuseAsync(context, shared, request, admission).ConfigureAwait(false);
            return null;
        }

        try
        {
            EventStream.SetHead(context, edge);
            if (name) context.Response.Headers[CompatibilityNames.ClientIdHeader] = Uri.EscapeDataString(connection.ClientId);
            AuditCall.Of(edge, context)?.Connected(connection.ClientId);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Task RefuseAsync(HttpContext context, CompatibilityContext shared, SubscribeRequest request, in Admission admission)
    {
        switch (admission.Status)
        {
            case AdmissionStatus.NoStream or AdmissionStatus.Removed:
                return shared.RefuseAsync(context, HubFault.NoStream("", CompatibilityNames.NoSuchStream));
            case AdmissionStatus.ClientInUse:
                return shared.RefuseAsync(
                    context, new HubFault(409, HubErrorCodes.ClientInUse, CompatibilityNames.ClientExists(request.ClientId!)));
            case AdmissionStatus.Refused:
                return Refusals.WriteAsync(context, shared.Edge, request, admission);
            case AdmissionStatus.LimitReached or AdmissionStatus.Draining or AdmissionStatus.Unavailable when request.Browser:
                // What will pass is said to a browser on a 200, or it gives up for good.
                return Refusals.WriteAsync(context, shared.Edge, request, admission);
            default:
                return shared.RefuseAsync(context, Refusals.Fault(admission, request, shared.Edge.Edge));
        }
    }
}
