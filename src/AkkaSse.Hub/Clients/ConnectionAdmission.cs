using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides whether a connection may run; given the node's state, the host that connections share, the connections (for the limits), the
/// resolver of streams, the cursor opener with the stream table, the claims and the registry. Thread-safe.
/// </summary>
internal sealed class ConnectionAdmission(
    HubState state,
    ClientHost host,
    ConnectionTable connections,
    SubscriptionResolver resolver,
    CursorOpener opener,
    StreamTable streams,
    ClientClaims claims,
    ConnectionRegistry registry)
{
    internal async ValueTask<Admission> ConnectAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var admission = await DecideAsync(request, cancellation).ConfigureAwait(false);
        host.Metrics.Connects.Add(1, new KeyValuePair<string, object?>("status", admission.Status.ToString()));
        return admission;
    }

    private async ValueTask<Admission> DecideAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        var options = host.Options;
        if (state.Phase != HubPhase.Running)
            return Later(AdmissionStatus.Draining, "The node does not take connections now.");
        if (SubscribeRules.Check(request, options) is { } fault) return new Admission(AdmissionStatus.Invalid) { Error = fault };
        if (!connections.TryReserve(options.MaxConnections, options.MaxConnectionsPerKey, request.LimitKey))
            return Later(AdmissionStatus.LimitReached, "The node has as many connections as it may.");
        var plan = new ConnectionPlan(request, host, state, resolver, new CursorSet(opener, streams), claims, registry);
        Admission admission;
        try
        {
            admission = await plan.BuildAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            await UndoAsync(plan, request).ConfigureAwait(false);
            throw;
        }
        if (admission.Status != AdmissionStatus.Accepted) await UndoAsync(plan, request).ConfigureAwait(false);
        return admission;
    }

    private Admission Later(AdmissionStatus status, string error) => new(status) { Error = error, RetryAfter = state.RefusalRetry() };

    private async ValueTask UndoAsync(ConnectionPlan plan, SubscribeRequest request)
    {
        connections.Unreserve(request.LimitKey);
        await plan.UndoAsync().ConfigureAwait(false);
    }
}
