using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>Opens an event stream on a compatible edge: as <see cref="EventStream"/> does, with the older hubs' refusals and without <c>hub.*</c> events.</summary>
internal static class SeedStream
{
    /// <summary>What all compatible edges have in common.</summary>
    public static SubscribeRequest Request(HttpContext context, SeedContext seeds, in RequestTarget target) => EventStream.Describe(context, seeds.Edge) with
    {
        LastEventId = LastEventId.Read(context.Request, target),
        Control = false,
        Browser = context.Request.Headers["Sec-Fetch-Dest"] == "empty",
    };

    /// <summary>Serves a subscriber; a HEAD request gets the head alone.</summary>
    /// <param name="context">The request.</param>
    /// <param name="seeds">The edge.</param>
    /// <param name="request">What it reads.</param>
    /// <param name="end">How the body ends.</param>
    /// <param name="name">True on <c>/connect</c>, where a client has an identity: it is named in a header and welcomed.</param>
    public static async Task RunAsync(
        HttpContext context, SeedContext seeds, SubscribeRequest request, StreamEnd end = StreamEnd.Proper, bool name = false)
    {
        if (await AdmitAsync(context, seeds, request, name).ConfigureAwait(false) is { } connection)
            await EventStream.RunAsync(context, connection, end).ConfigureAwait(false);
    }

    private static async ValueTask<IClientConnection?> AdmitAsync(HttpContext context, SeedContext seeds, SubscribeRequest request, bool name)
    {
        var edge = seeds.Edge;
        if (await EventStream.AuthorizeAsync(context, edge, request).ConfigureAwait(false) is { } fault)
        {
            await seeds.RefuseAsync(context, fault).ConfigureAwait(false);
            return null;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            EventStream.SetHead(context, edge);
            return null;
        }

        if (name) request = Welcomes.Add(request, seeds.Options);
        var admission = await edge.Edge.ConnectAsync(request, context.RequestAborted).ConfigureAwait(false);
        if (admission.Connection is not { } connection)
        {
            await RefuseAsync(context, seeds, request, admission).ConfigureAwait(false);
            return null;
        }

        try
        {
            EventStream.SetHead(context, edge);
            if (name) context.Response.Headers[SeedNames.ClientIdHeader] = Uri.EscapeDataString(connection.ClientId);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static Task RefuseAsync(HttpContext context, SeedContext seeds, SubscribeRequest request, in Admission admission)
    {
        switch (admission.Status)
        {
            case AdmissionStatus.NoStream or AdmissionStatus.Removed:
                return seeds.RefuseAsync(context, HubFault.NoStream("", SeedNames.NoSuchStream));
            case AdmissionStatus.ClientInUse:
                return seeds.RefuseAsync(context, new HubFault(409, HubErrorCodes.ClientInUse, SeedNames.ClientExists(request.ClientId!)));
            case AdmissionStatus.Refused:
                return Refusals.WriteAsync(context, seeds.Edge, request, admission);
            case AdmissionStatus.LimitReached or AdmissionStatus.Draining or AdmissionStatus.Unavailable when request.Browser:
                // What will pass is said to a browser on a 200, or it gives up for good.
                return Refusals.WriteAsync(context, seeds.Edge, request, admission);
            default:
                return seeds.RefuseAsync(context, Refusals.Fault(admission, request, seeds.Edge.Edge));
        }
    }
}
