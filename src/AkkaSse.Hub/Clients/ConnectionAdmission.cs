using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides whether a connection may run; given the engine (its state), the node's state, the time that a caller waits, the host that
/// connections share, the connections (for the limits), the resolver of streams, the cursor opener with the stream table, the claims, the
/// registry and the fault log. Thread-safe.
/// </summary>
internal sealed class ConnectionAdmission(
    IHubEngine engine,
    HubState state,
    OpenLimit limit,
    ClientHost host,
    ConnectionTable connections,
    SubscriptionResolver resolver,
    CursorOpener opener,
    StreamTable streams,
    ClientClaims claims,
    ConnectionRegistry registry,
    FaultLog faults)
{
    internal async ValueTask<Admission> ConnectAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var admission = await DecideAsync(request, cancellation).ConfigureAwait(false);
        host.Metrics.Connects.Add(1, new KeyValuePair<string, object?>("status", admission.Status.ToString()));
        return admission;
    }

    /// <summary>The engine is away on this node: another node may serve those who wait here, and those who come.</summary>
    internal void OnEngineDown() => registry.EndWaiting(state.RefusalRetry());

    private async ValueTask<Admission> DecideAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        var options = host.Options;
        if (state.Phase != HubPhase.Running)
            return Later(AdmissionStatus.Draining, "The node does not take connections now.");
        if (SubscribeRules.Check(request, options) is { } fault) return new Admission(AdmissionStatus.Invalid) { Error = fault };
        if (engine.State == EngineState.Down) return Away();
        if (!connections.TryReserve(options.MaxConnections, options.MaxConnectionsPerKey, request.LimitKey))
            return Later(AdmissionStatus.LimitReached, "The node has as many connections as it may.");
        var plan = new ConnectionPlan(request, host, state, resolver, new CursorSet(opener, streams), claims, registry);
        var isKept = false;
        try
        {
            var stop = new CancellationTokenSource();
            using var gone = cancellation.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), stop);
            var taking = plan.TakeAsync(stop.Token);
            if (!taking.IsCompleted && !await limit.EndsAsync(taking).ConfigureAwait(false))
            {
                isKept = true;
                return await WaitAsync(plan, request, taking, stop).ConfigureAwait(false);
            }
            if (await taking.ConfigureAwait(false) is { } refused) return refused;
            var connection = plan.Connect();
            isKept = true;
            return new Admission(AdmissionStatus.Accepted) { Connection = connection };
        }
        finally
        {
            if (!isKept)
            {
                connections.Unreserve(request.LimitKey);
                await plan.UndoAsync().ConfigureAwait(false);
            }
        }
    }

    // Where the reader starts is not known in time. While the engine promises to come back the reader gets its head and waits; else it
    // is refused, and what it would have had is given back when it is known.
    private async ValueTask<Admission> WaitAsync(
        ConnectionPlan plan, SubscribeRequest request, Task<Admission?> taking, CancellationTokenSource stop)
    {
        if (engine.State is var now && now != EngineState.Starting && (now == EngineState.Down || !IsToldOfItsStart(request)))
        {
            connections.Unreserve(request.LimitKey);
            await stop.CancelAsync().ConfigureAwait(false);
            faults.Watch(EndAsync(plan, taking), "the end of a refused connection");
            return now == EngineState.Down ? Away() : Later(AdmissionStatus.Unavailable, "Nobody can say now where the streams stand.");
        }
        var client = plan.Wait();
        // One of the two sees the other: the state changes before those who wait are ended.
        if (engine.State == EngineState.Down) client.Close(CloseReason.Unavailable, state.RefusalRetry());
        faults.Watch(OpenAsync(plan, client, taking, stop), "the opening of a connection");
        return new Admission(AdmissionStatus.Accepted) { Connection = client, IsWaiting = true };
    }

    private static async ValueTask OpenAsync(
        ConnectionPlan plan, ClientActor client, Task<Admission?> taking, CancellationTokenSource stop)
    {
        try
        {
            await Task.WhenAny(taking, client.Ended).ConfigureAwait(false);
            if (!taking.IsCompleted) await stop.CancelAsync().ConfigureAwait(false);
            if (await taking.ConfigureAwait(false) is { } refused) client.Close(ReasonOf(refused.Status), refused.RetryAfter);
            else if (await plan.OpenAsync(client).ConfigureAwait(false)) return;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader has gone.
        }
        catch
        {
            client.Close(CloseReason.Fault);
            await plan.UndoAsync().ConfigureAwait(false);
            throw;
        }
        await plan.UndoAsync().ConfigureAwait(false);
    }

    private static async ValueTask EndAsync(ConnectionPlan plan, Task<Admission?> taking)
    {
        await ((Task)taking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await plan.UndoAsync().ConfigureAwait(false);
    }

    // Who sees the head misses nothing from then on, unless something else marks the moment: hub.open, a welcome, or a start that the
    // reader has named itself, which does not move while it waits.
    private static bool IsToldOfItsStart(SubscribeRequest request) =>
        request.Control || request.Welcome is not null || request.ManagedSubscription is not null
        || request.LastEventId is { Length: > 0 } || request.Since?.Kind == StartKind.Earliest;

    // The head is out: what a status would have said is the reason of the end. A reader that comes again is told by a status.
    private static CloseReason ReasonOf(AdmissionStatus status) => status switch
    {
        AdmissionStatus.Removed => CloseReason.Removed,
        AdmissionStatus.Refused => CloseReason.Disconnected,
        AdmissionStatus.ClientInUse => CloseReason.ClientInUse,
        AdmissionStatus.LimitReached => CloseReason.LimitReached,
        AdmissionStatus.NoStream or AdmissionStatus.NoSubscription => CloseReason.NotFound,
        _ => CloseReason.Unavailable,
    };

    private Admission Away() => Later(AdmissionStatus.Unavailable, "The engine is away on this node.");

    private Admission Later(AdmissionStatus status, string error) => new(status) { Error = error, RetryAfter = state.RefusalRetry() };
}
