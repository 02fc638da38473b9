using System.Diagnostics;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace AkkaSse.AspNetCore;

/// <summary>
/// A call that is to be an entry of the audit: endpoints say what it is about while they serve it, and the entry is made once, when the
/// answer is known. For the thread of the request.
/// </summary>
internal sealed class AuditCall(IHubAudit audit, TimeProvider time, HttpContext context) : IHubAuditFeature
{
    /// <summary>The caller has gone: no answer was sent, as nginx writes it.</summary>
    private const int Gone = 499;

    private EdgeContext? _edge;
    private IReadOnlyList<string> _streams = [], _listenZones = [];
    private string? _client, _zone, _subscription, _target, _code;
    private bool _broadcast, _isRecorded;
    private int? _status, _count;
    private long? _bytes;

    /// <summary>The call of a request; null while nothing is noted, at the cost of one comparison.</summary>
    public static AuditCall? Of(EdgeContext edge, HttpContext context)
    {
        if (edge.Audit is null || context.Features.Get<AuditCall>() is not { } call) return null;
        call._edge = edge;
        return call;
    }

    /// <summary>Whether an answer is an entry of the kind <see cref="HubAuditKind.Refuse"/>, whatever the call was for.</summary>
    public static bool IsRefusal(int status) => status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
        or StatusCodes.Status429TooManyRequests;

    /// <summary>Says what the call is about.</summary>
    public void On(
        string? stream = null, string? client = null, string? zone = null, bool broadcast = false, string? subscription = null,
        IReadOnlyList<string>? streams = null)
    {
        _streams = streams ?? (stream is null ? [] : [stream]);
        (_client, _zone, _broadcast, _subscription) = (client, zone, broadcast, subscription);
    }

    /// <summary>Says what a connection is to read.</summary>
    public void On(SubscribeRequest request)
    {
        _streams = request.Streams.Count == 0 ? [] : [.. request.Streams.Select(static s => s.Stream)];
        (_client, _zone, _listenZones) = (request.ClientId, request.Zone, request.ListenZones);
        _subscription = request.ManagedSubscription;
    }

    public void SetTarget(string target) => _target = target;

    public void Refuse(int status, string code)
    {
        _status ??= status;
        _code ??= code;
    }

    /// <summary>Says that one event was given to the hub.</summary>
    public void Published(long bytes) => (_count, _bytes) = (1, bytes);

    /// <summary>Makes the entry of a connection that is open now; the request may end much later.</summary>
    public void Connected(string client)
    {
        _client = client;
        Record(HubAuditKind.Connect, StatusCodes.Status200OK, null);
        _isRecorded = true;
    }

    /// <summary>Makes the entry of a run of a batch, whose own answer then is none.</summary>
    public void Record(in AuditedRun run)
    {
        _isRecorded = true;
        On(run.Stream, run.Client, run.Zone, run.Broadcast);
        (_count, _bytes) = (run.Count, run.Bytes);
        Record(HubAuditKind.Publish, run.Status, run.Code);
    }

    /// <summary>The answer was given.</summary>
    public void Answered() => End(_status ?? context.Response.StatusCode);

    /// <summary>An exception ended the call.</summary>
    public void Failed() => End(
        !context.RequestAborted.IsCancellationRequested ? StatusCodes.Status500InternalServerError
        : _count is null ? Gone : context.Response.StatusCode);

    private void End(int status)
    {
        if (_isRecorded) return;
        _isRecorded = true;
        // The head alone tells nobody anything and opens nothing.
        var kind = HttpMethods.IsHead(context.Request.Method) ? null : context.GetEndpoint()?.Metadata.GetMetadata<AuditedEndpoint>()?.Kind;
        Record(kind, status, _code);
    }

    private void Record(HubAuditKind? kind, int status, string? code)
    {
        var isRefused = IsRefusal(status);
        if ((isRefused ? HubAuditKind.Refuse : kind) is not { } shown || !audit.IsOn(shown)) return;
        audit.Record(new HubAuditEntry
        {
            Kind = shown,
            At = time.GetUtcNow(),
            Action = isRefused ? kind : null,
            Call = Route(),
            Subject = AccessRules.Principal(context) is { } principal
                ? (_edge?.Options.SubjectOf ?? SseHubEndpointOptions.DefaultSubjectOf)(principal)
                : null,
            Credential = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Ticket?.AuthenticationScheme,
            Remote = RequestSnapshot.Remote(context),
            Client = _client,
            Zone = _zone,
            ListenZones = _listenZones,
            Streams = _streams,
            Broadcast = _broadcast,
            Subscription = _subscription,
            Target = _target,
            Status = status,
            Code = code,
            Count = _count,
            Bytes = _bytes,
            RequestId = context.TraceIdentifier,
            TraceId = context.Features.Get<IHttpActivityFeature>()?.Activity is { IdFormat: ActivityIdFormat.W3C } activity
                ? activity.TraceId.ToHexString()
                : null,
        });
    }

    // The route and not the path: names stand in members of their own, and the query nowhere.
    private string? Route()
    {
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern.RawText: { } pattern }) return null;
        pattern = pattern.Replace("{" + RouteKeys.Prefix, "{", StringComparison.Ordinal);
        return $"{Method()} {(pattern.StartsWith('/') ? "" : "/")}{pattern}";
    }

    // A method that nobody knows is any text.
    private string Method()
    {
        var method = HttpMethods.GetCanonicalizedValue(context.Request.Method);
        return HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsPost(method) || HttpMethods.IsPut(method)
            || HttpMethods.IsDelete(method) || HttpMethods.IsPatch(method) || HttpMethods.IsOptions(method) ? method : "?";
    }
}

/// <summary>Neighbours in a batch with the same target and the same outcome.</summary>
internal readonly record struct AuditedRun(
    string? Stream, string? Client, string? Zone, bool Broadcast, int Status, string? Code, int Count, long Bytes);
