using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.AspNetCore;

/// <summary>
/// What every endpoint of one mapping shares. Services are taken on the first request, so that mapping does not start the hub.
/// </summary>
internal sealed class EdgeContext(IServiceProvider services, SseHubEndpointOptions options)
{
    private Services? _services;

    public SseHubEndpointOptions Options => options;

    /// <summary>Null unless the options ask for it.</summary>
    public GuardRules? Guard { get; } = options.LoopbackOnly ? new GuardRules(options.Guard) : null;

    public IHubEdge Edge => Resolved.Edge;

    public ISseHub Hub => Resolved.Hub;

    public IHubAuthorizer? Authorizer => Resolved.Authorizer;

    /// <summary>Null while nobody takes note of calls.</summary>
    public IHubAudit? Audit => Resolved.Audit;

    /// <summary>Null where nothing is limited.</summary>
    public IHubQuota? Quota => Resolved.Quota;

    public bool CaptureHeaders => Resolved.CaptureHeaders;

    private Services Resolved => _services ??= new Services(services, options);

    /// <summary>Answers with an error.</summary>
    public Task RefuseAsync(HttpContext context, HubFault fault)
    {
        if (fault.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter =
                Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (fault.Allow is not null) context.Response.Headers.Allow = fault.Allow;
        AuditCall.Of(this, context)?.Refuse(fault.Status, fault.Code);
        return Resolved.Errors.WriteAsync(context, fault.Status, fault.Code, fault.Message);
    }

    /// <summary>503 when nobody can list now what the cluster has: a part of a list must not look like all of it.</summary>
    public HubFault? NotListing() =>
        NotServing() ?? (Edge.EngineState is EngineState.Starting or EngineState.Down ? NoList() : null);

    /// <summary>503: nobody has answered, which is no empty list.</summary>
    public HubFault NoList() =>
        HubFault.Unavailable("The engine is away; nobody can list now what the cluster has.", Edge.RefusalRetry());

    /// <summary>503 when this node's hub has not started or has ended: its lists would look empty and its names unknown.</summary>
    public HubFault? NotServing() => Edge.Phase is HubPhase.Running or HubPhase.Draining
        ? null
        : new HubFault(503, HubErrorCodes.Draining, "The hub is not running on this node.") { RetryAfter = Edge.RefusalRetry() };

    private sealed class Services(IServiceProvider services, SseHubEndpointOptions options)
    {
        public readonly IHubEdge Edge = services.GetRequiredService<IHubEdge>();
        public readonly ISseHub Hub = services.GetRequiredService<ISseHub>();
        public readonly IHubAuthorizer? Authorizer = services.GetService<IHubAuthorizer>();
        public readonly IHubAudit? Audit = services.GetService<IHubAudit>();
        public readonly IHubQuota? Quota = services.GetService<IHubQuota>();
        public readonly IHubErrorWriter Errors = services.GetRequiredService<IHubErrorWriter>();
        public readonly bool CaptureHeaders =
            options.CaptureHeaders ?? services.GetServices<IHubObserver>().Any(static o => o is not AuditObserver);
    }
}
