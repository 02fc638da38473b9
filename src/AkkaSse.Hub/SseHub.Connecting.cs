using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub;

public sealed partial class SseHub
{
    /// <inheritdoc/>
    public async ValueTask<Admission> ConnectAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var admission = await DecideAsync(request, cancellation).ConfigureAwait(false);
        _metrics.Connects.Add(1, new KeyValuePair<string, object?>("status", admission.Status.ToString()));
        return admission;
    }

    private async ValueTask<Admission> DecideAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        if (Phase != HubPhase.Running) return new Admission(AdmissionStatus.Draining) { Error = "The node does not take connections now.", RetryAfter = RefusalRetry() };
        if (CheckRequest(request) is { } fault) return new Admission(AdmissionStatus.Invalid) { Error = fault };
        if (!_connections.TryReserve(Options.MaxConnections, Options.MaxConnectionsPerKey, request.LimitKey))
            return new Admission(AdmissionStatus.LimitReached) { Error = "The node has as many connections as it may.", RetryAfter = RefusalRetry() };
        var plan = new ConnectionPlan(this, request);
        try
        {
            var admission = await plan.BuildAsync(cancellation).ConfigureAwait(false);
            if (admission.Status != AdmissionStatus.Accepted) await plan.UndoAsync().ConfigureAwait(false);
            return admission;
        }
        catch
        {
            await plan.UndoAsync().ConfigureAwait(false);
            throw;
        }
    }

    private string? CheckRequest(SubscribeRequest request)
    {
        var managed = request.ManagedSubscription is not null;
        if (request.Streams.Count == 0 && request.Zone is null && request.ListenZones.Count == 0 && !request.Broadcast && !managed) return "At least one stream, zone or client is needed.";
        var max = request.Ids == WireIds.Token ? Options.MaxStreamsPerConnection : 1;
        if (request.Streams.Count > max && !managed) return $"{request.Streams.Count} streams are asked for; at most {max} are allowed on this connection.";
        if (request.Streams.Count + request.ListenZones.Count > Options.MaxStreamsPerConnection && !managed)
            return $"{request.Streams.Count} streams and {request.ListenZones.Count} zones are asked for; at most {Options.MaxStreamsPerConnection} together are allowed on one connection.";
        foreach (var (stream, _) in request.Streams)
        {
            if (CheckStreamName(stream) is { } fault) return fault;
        }
        foreach (var zone in request.ListenZones)
        {
            if (HubNames.Check(zone) is { } fault) return fault;
        }
        if (request.Zone is { } home && HubNames.Check(home) is { } homeFault) return homeFault;
        if (request.ClientId is { } id)
        {
            if (HubNames.Check(id) is { } idFault) return idFault;
            if (id[0] == '~') return "Client ids beginning with '~' are made by the server.";
            if (request.Zone is null) return "A client id needs a zone.";
        }
        if (request.Welcome is { } welcome && !welcome.Span.EndsWith("\n\n"u8)) return "The welcome does not end in a blank line.";
        return request.Instance is { } instance && HubNames.Check(instance) is { } instanceFault ? instanceFault : null;
    }

    private void OnConnectionEnded(ClientActor client, CloseReason reason)
    {
        if (!_connections.Remove(client)) return;
        _connections.Unreserve(client.LimitKey);
        foreach (var cursor in client.CursorSnapshot) _streams!.Release(cursor.LocalStream);
        _metrics.Disconnects.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
        if (_logger.IsEnabled(LogLevel.Debug)) Log.Disconnected(_logger, client.ClientId, client.Zone, reason);
        if (client.Request.ManagedSubscription is { } managed) EndManaged(client, managed);
        if (client.Generation != 0 && client.Zone is { } zone) Observe(_engine.Claims.ReleaseAsync(zone, client.ClientId, client.Generation), "release of a claim");
        client.Observed?.Ended(reason);
    }

    private void OnStreamLeft(ClientActor client, Cursor cursor, CloseReason reason)
    {
        _streams!.Release(cursor.LocalStream);
        client.Observed?.Unsubscribed(cursor, reason);
    }

    // Runs what nobody waits for; a fault is logged and counted.
    private void Observe(ValueTask work, string where)
    {
        if (!work.IsCompletedSuccessfully) _ = Watch(work.AsTask(), where);

        async Task Watch(Task task, string what)
        {
            try
            {
                await task.ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                OnActorFault(fault, what);
            }
        }
    }

    /// <summary>Everything that a connection takes before it runs, so that all of it can be given back.</summary>
    private sealed class ConnectionPlan(SseHub hub, SubscribeRequest request)
    {
        private readonly List<Cursor> _cursors = [];
        private readonly List<StreamActor> _acquired = [];
        private ManagedSubscription? _managed;
        private long _generation;
        private bool _arriving;

        internal async ValueTask<Admission> BuildAsync(CancellationToken cancellation)
        {
            var id = request.ClientId;
            var streams = new List<StreamSubscription>(request.Streams.Count);
            foreach (var s in request.Streams)
            {
                if (!streams.Exists(x => x.Stream == s.Stream)) streams.Add(s);
            }
            if (request.ManagedSubscription is { } managedId)
            {
                // A connection that is about to be replaced has delivered more than was last saved.
                if (hub._managed.TryGetValue(managedId, out var older)) await hub.SavePositionsAsync(older).ConfigureAwait(false);
                if (!(await hub.GetSubscriptionAsync(managedId, cancellation).ConfigureAwait(false)).TryGet(out _managed)) return new Admission(AdmissionStatus.Unavailable) { Error = "Nobody can say now whether the subscription exists.", RetryAfter = hub.RefusalRetry() };
                if (_managed is null || (_managed.Subject is not null && _managed.Subject != request.Subject))
                    return new Admission(AdmissionStatus.NoSubscription) { Error = $"The subscription '{managedId}' does not exist." };
                streams = [.. _managed.Streams.Select(static s => new StreamSubscription(s))];
            }
            var claims = hub._engine.Claims;
            // Who cannot be asked about is let in: a refusal ends by itself, and a cluster that is away must not keep everybody out.
            if (id is null && request.Instance is not null && (await claims.IsRefusedAsync(request.Zone ?? "", "", request.Instance, cancellation).ConfigureAwait(false)).TryGet(out var refused) && refused)
                return new Admission(AdmissionStatus.Refused) { Error = "This client was disconnected for good." };
            var changed = false;
            if (id is not null && request.Ids == WireIds.Token && !(await hub.ApplyStoredChangesAsync(request, streams, cancellation).ConfigureAwait(false)).TryGet(out changed))
                return new Admission(AdmissionStatus.Unavailable) { Error = "Nobody can say now what the client has subscribed to.", RetryAfter = hub.RefusalRetry() };
            if (await OpenAsync(streams, cancellation).ConfigureAwait(false) is { } refusal) return refusal;
            // Last: a newcomer that is refused for another reason must not have evicted whoever holds the id.
            if (id is not null)
            {
                hub._arrivals.Begin();
                _arriving = true;
                var claim = await claims.ClaimAsync(new ClaimRequest(request.Zone!, id) { Instance = request.Instance, Subject = request.Subject }, cancellation).ConfigureAwait(false);
                switch (claim.Status)
                {
                    case ClaimStatus.InUse:
                        return new Admission(AdmissionStatus.ClientInUse) { Error = $"a client with id {id} already exists" };
                    case ClaimStatus.Refused:
                        return new Admission(AdmissionStatus.Refused) { Error = "This client was replaced or disconnected for good." };
                    case ClaimStatus.Unavailable:
                        return new Admission(AdmissionStatus.Unavailable) { Error = "Nobody can say now who owns the client id.", RetryAfter = hub.RefusalRetry() };
                }
                _generation = claim.Generation;
            }
            var observed = hub._observers.Length > 0;
            var client = new ClientActor(hub._clientHost, request, id, _generation, _cursors, held: observed);
            if (changed) client.HasStoredChange = true;
            if (observed) client.Observed = new ObserverRelay(hub, client, hub._observers);
            hub._connections.Add(client);
            if (_managed is not null) hub.BeginManaged(client, _managed);
            // A drain that began meanwhile has not seen this connection.
            if (hub.Phase != HubPhase.Running) client.Close(CloseReason.Shutdown, hub.RefusalRetry());
            if (_generation != 0 && hub._arrivals.WasLost(request.Zone!, id!, _generation) is { } lost) client.Close(lost);
            Arrived();
            if (hub._logger.IsEnabled(LogLevel.Debug)) Log.Connected(hub._logger, client.ClientId, client.Zone, request.Remote);
            return new Admission(AdmissionStatus.Accepted) { Connection = client };
        }

        private async ValueTask<Admission?> OpenAsync(List<StreamSubscription> streams, CancellationToken cancellation)
        {
            var starts = new ReaderStarts(request);
            foreach (var (stream, since) in streams)
            {
                if (await AddAsync(stream, since, starts, streams.Count, cancellation).ConfigureAwait(false) is { } refused) return refused;
            }
            if (streams.Count > 0 && _cursors.Count == 0) return new Admission(AdmissionStatus.Removed) { Error = "The stream was removed." };
            foreach (var zone in Zones())
            {
                if (await AddAsync(HubNames.ZoneStream(zone), null, starts, 0, cancellation).ConfigureAwait(false) is { } refused) return refused;
            }
            return request.Broadcast ? await AddAsync(HubNames.BroadcastStream, null, starts, 0, cancellation).ConfigureAwait(false) : null;
        }

        // Once, whatever became of the plan.
        private void Arrived()
        {
            if (!_arriving) return;
            _arriving = false;
            hub._arrivals.End();
        }

        internal async ValueTask UndoAsync()
        {
            Arrived();
            hub._connections.Unreserve(request.LimitKey);
            foreach (var cursor in _cursors) cursor.LocalStream.Discharge();
            foreach (var actor in _acquired) hub._streams!.Release(actor);
            if (_generation != 0) await hub._engine.Claims.ReleaseAsync(request.Zone!, request.ClientId!, _generation).ConfigureAwait(false);
        }

        private IEnumerable<string> Zones()
        {
            if (request.Zone is { } home) yield return home;
            foreach (var zone in request.ListenZones.Distinct(StringComparer.Ordinal))
            {
                if (zone != request.Zone) yield return zone;
            }
        }

        private async ValueTask<Admission?> AddAsync(string stream, StartPosition? since, ReaderStarts starts, int named, CancellationToken cancellation)
        {
            var (cursor, admission) = await hub.OpenCursorAsync(stream, named, log => starts.For(stream, since, log, _managed?.Positions), _acquired, cancellation).ConfigureAwait(false);
            if (cursor is not null) _cursors.Add(cursor);
            return admission;
        }
    }

    // Starts that only the engine's whole log can place: a time, or a publisher's id that is not in the local part.
    private async ValueTask<ReaderStart> LookUpAsync(IRemoteAttachment remote, ReaderStart reader, CancellationToken cancellation)
    {
        if (reader.LookupId is { } id)
            return await remote.FindIdAsync(id, cancellation).ConfigureAwait(false) is { } found ? new ReaderStart(StartPosition.After(found), false, reader.Fallback) : reader;
        if (reader.UnknownId || reader.Token is not null || reader.Decimal is not null || !remote.Log.Options.Replay) return reader;
        return reader.Start.Kind switch
        {
            StartKind.Age => reader with { Next = await remote.FirstAtAsync(_time.GetUtcNow() - reader.Start.Age, cancellation).ConfigureAwait(false) },
            StartKind.Time => reader with { Next = await remote.FirstAtAsync(reader.Start.Time, cancellation).ConfigureAwait(false) },
            _ => reader,
        };
    }

    // A cursor in a stream, its place counted; or why not; or neither, for one of several streams that was removed a moment ago.
    private async ValueTask<(Cursor? Cursor, Admission? Refused)> OpenCursorAsync(string stream, int named, Func<StreamLog, ReaderStart> start, List<StreamActor> acquired, CancellationToken cancellation)
    {
        var isInternal = stream[0] == '$';
        var actor = await _streams!.AcquireAsync(stream, cancellation).ConfigureAwait(false);
        if (actor is null) return (null, new Admission(AdmissionStatus.LimitReached) { Error = $"{Options.MaxPlaceholders} streams that do not exist are waited for, the most allowed.", RetryAfter = RefusalRetry() });
        acquired.Add(actor);
        if (!isInternal && !await _engine.Streams.ExistsAsync(stream, cancellation).ConfigureAwait(false))
        {
            if (await _engine.Streams.WasRemovedAsync(stream, cancellation).ConfigureAwait(false))
            {
                if (named == 1) return (null, new Admission(AdmissionStatus.Removed) { Error = $"The stream '{stream}' was removed." });
                acquired.Remove(actor);
                _streams.Release(actor);
                return (null, null);
            }
            if (!Options.AutoCreate) return (null, new Admission(AdmissionStatus.NoStream) { Error = $"The stream '{stream}' does not exist." });
        }
        if (!actor.TryAdmit(isInternal ? null : actor.Log.Options.MaxSubscribers))
            return (null, new Admission(AdmissionStatus.LimitReached) { Error = $"The stream '{stream}' has as many readers here as it may.", RetryAfter = RefusalRetry() });
        var reader = start(actor.Log);
        if (actor.Remote is { } remote)
        {
            try
            {
                reader = await LookUpAsync(remote, reader, cancellation).ConfigureAwait(false);
            }
            catch
            {
                actor.Discharge();
                throw;
            }
        }
        return (Cursor.Open(actor, reader, _time.GetUtcNow().ToUnixTimeMilliseconds()), null);
    }
}
