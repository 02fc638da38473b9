using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Primitives;

namespace AkkaSse.AspNetCore;

/// <summary>
/// From a subscribe request to a running connection: authorise, ask the hub, write the head, run. Shared by all edges, native or compatible
/// with a seed's.
/// </summary>
internal static class EventStream
{
    public const string MediaType = "text/event-stream";

    private static readonly StringValues ContentType = MediaType;
    private static readonly StringValues NoCache = "no-cache, no-store, no-transform";
    private static readonly StringValues NoBuffering = "no";
    private static readonly StringValues Identity = "identity";

    /// <summary>What the hub is asked for: what the edge has decided, with who asks, from where, with what headers.</summary>
    public static SubscribeRequest Describe(HttpContext context, EdgeContext edge, in EdgeSubscription what)
    {
        var (principal, subject) = RequestSnapshot.Who(context, edge);
        var remote = RequestSnapshot.Remote(context);
        return new SubscribeRequest
        {
            Subject = subject,
            Remote = remote,
            LimitKey = RequestSnapshot.LimitKey(edge.Edge, subject, remote),
            Url = RequestSnapshot.Url(context),
            Streams = what.Streams,
            Zone = what.Zone,
            ListenZones = what.ListenZones,
            Broadcast = what.Broadcast,
            ClientId = what.ClientId,
            Instance = what.Instance,
            Types = what.Types,
            LastEventId = what.LastEventId,
            Since = what.Since,
            Ids = what.Ids,
            Control = what.Control,
            TraceParents = what.TraceParents,
            HeartbeatKind = what.HeartbeatKind,
            Heartbeat = what.Heartbeat,
            HeartbeatEvent = what.HeartbeatEvent,
            Browser = what.Browser,
            ManagedSubscription = what.ManagedSubscription,
            // Last: what is rare lies in one object, which is made anew for each part that is set after it.
            Principal = principal,
            CredentialExpires = principal is null ? null : RequestSnapshot.CredentialExpires(context),
            AuthorizeStream = AddedStreams.RuleFor(context, edge, what),
            Headers = edge.CaptureHeaders ? RequestSnapshot.Headers(context.Request) : null,
        };
    }

    /// <summary>Serves a native subscriber; a HEAD request gets the head alone, and no state is made for it.</summary>
    public static Task RunAsync(HttpContext context, EdgeContext edge, in EdgeSubscription what) =>
        RunAsync(context, edge, Describe(context, edge, what));

    private static async Task RunAsync(HttpContext context, EdgeContext edge, SubscribeRequest request)
    {
        if (context.Features.Get<IHttpResponseBodyFeature>() is null)
        {
            // A server or test double without a body to write to (HTTP-05): not even an error can be written.
            context.Response.StatusCode = 500;
            return;
        }

        var gate = DetachGate.Of(context);
        // Awaited in two steps, so that an idle connection's frame here holds nothing but the task it waits for.
        if (await AdmitAsync(context, edge, request, gate?.Throttle).ConfigureAwait(false) is { } connection)
            await RunAsync(context, connection, gate, StreamEnd.Proper).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs an admitted connection whose head has been set: for as long as the request lives, or, where the endpoint allows it, for as long
    /// as the transport connection does, and then this request ends at once.
    /// </summary>
    public static Task RunAsync(HttpContext context, IClientConnection connection, StreamEnd end) =>
        RunAsync(context, connection, DetachGate.Of(context), end);

    private static Task RunAsync(HttpContext context, IClientConnection connection, DetachGate? gate, StreamEnd end)
    {
        if (gate is not null && gate.CanDetach(context)) return gate.DetachAsync(context, connection, end);
        if (end == StreamEnd.CutToReturn) return CutRequest.RunAsync(context, connection);
        var kept = new KeptRequest(context);
        connection.Run(context.Response.BodyWriter, kept, context.RequestAborted);
        return kept.Task;
    }

    /// <summary>
    /// Checks what the edge itself checks: <c>Accept</c>, the client id, and the authorizer's word on every stream, zone and the
    /// broadcasts.
    /// </summary>
    public static async ValueTask<HubFault?> AuthorizeAsync(HttpContext context, EdgeContext edge, SubscribeRequest request)
    {
        if (edge.Options.DemandAccept && !Accepts(context.Request))
            return new HubFault(406, HubErrorCodes.NotAcceptable, $"Accept excludes {MediaType}, which is all that this path has.");
        if (request.ClientId is { } client)
        {
            var home = request.Zone ?? HubNames.DefaultZone;
            if (await AccessRules.CheckClientIdAsync(edge, context, client, home).ConfigureAwait(false) is { } fault) return fault;
        }

        if (edge.Authorizer is null && !request.Streams.Any(static s => s.Stream == HubNames.AuditStream)) return null;

        var question = AccessRules.Ask(context, HubAction.Subscribe);
        foreach (var stream in request.Streams)
        {
            if (await AccessRules.CheckAsync(edge, question with { Stream = stream.Stream }).ConfigureAwait(false) is { } refused)
                return refused;
        }
        foreach (var zone in request.Zone is { } own ? request.ListenZones.Prepend(own) : request.ListenZones)
        {
            if (await AccessRules.CheckAsync(edge, question with { Zone = zone }).ConfigureAwait(false) is { } refused) return refused;
        }
        return request.Broadcast ? await AccessRules.CheckAsync(edge, question with { Broadcast = true }).ConfigureAwait(false) : null;
    }

    /// <summary>Sets the head of an event stream (nothing is sent) and takes away what would buffer, compress or end it.</summary>
    public static void SetHead(HttpContext context, EdgeContext edge)
    {
        var response = context.Response;
        var headers = response.Headers;
        response.StatusCode = 200;
        headers.ContentType = ContentType;
        headers.CacheControl = NoCache;
        headers["X-Accel-Buffering"] = NoBuffering;
        foreach (var (name, value) in edge.Options.Headers) headers[name] = value;

        // An encoding that is named keeps the response compression middleware, where there is one, from choosing its own.
        if (context.Features.Get<IHttpsCompressionFeature>() is not null) headers.ContentEncoding = Identity;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }

    private static async ValueTask<IClientConnection?> AdmitAsync(
        HttpContext context, EdgeContext edge, SubscribeRequest request, AcceptThrottle? throttle)
    {
        if (throttle is not null) await throttle.Enter();
        AuditCall.Of(edge, context)?.On(request);
        if (await AuthorizeAsync(context, edge, request).ConfigureAwait(false) is { } fault)
        {
            await edge.RefuseAsync(context, fault).ConfigureAwait(false);
            return null;
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            SetHead(context, edge);
            return null;
        }

        var admission = await QuotaRules.ConnectAsync(context, edge, request).ConfigureAwait(false);
        if (admission.Connection is not { } connection)
        {
            await Refusals.WriteAsync(context, edge, request, admission).ConfigureAwait(false);
            return null;
        }

        try
        {
            SetHead(context, edge);
            AuditCall.Of(edge, context)?.Connected(connection.ClientId);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A request that lives as long as its stream.</summary>
    internal sealed class KeptRequest(HttpContext context) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously),
        IClientTransport
    {
        public void Abort() => context.Abort();

        public void OnEnded(CloseReason reason) => SetResult();
    }

    private static bool Accepts(HttpRequest request)
    {
        var accept = request.Headers.Accept;
        if (accept.Count == 0 || !Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParseList(accept, out var ranges)) return true;
        foreach (var range in ranges)
        {
            if (range.Quality is 0) continue;
            if (range.MatchesAllTypes || range.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
                || (range.MatchesAllSubTypes && range.Type.Equals("text", StringComparison.OrdinalIgnoreCase))) return true;
        }
        return false;
    }
}
