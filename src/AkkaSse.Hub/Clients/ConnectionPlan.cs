using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides in which order one connection takes its streams, its cursors and its id before it runs, so that all of it can be given back;
/// given its request, the host that connections share, the node's state, the resolver, the cursors, the claims and the registry. Used by
/// one caller at a time.
/// </summary>
internal sealed class ConnectionPlan(
    SubscribeRequest request,
    ClientHost host,
    HubState state,
    SubscriptionResolver resolver,
    CursorSet places,
    ClientClaims claims,
    ConnectionRegistry registry)
{
    private ResolvedStreams _wanted;
    private ManagedSubscription? _before;
    private long _generation;
    private bool _arriving;

    /// <summary>Takes everything that the connection needs; null, or the refusal.</summary>
    internal async Task<Admission?> TakeAsync(CancellationToken cancellation)
    {
        var id = request.ClientId;
        _wanted = await resolver.ResolveAsync(request, cancellation).ConfigureAwait(false);
        if (_wanted.Refused is { } unresolved) return unresolved;
        if (id is null && await claims.IsRefusedAsync(request, cancellation).ConfigureAwait(false))
            return new Admission(AdmissionStatus.Refused) { Error = "This client was disconnected for good." };
        if (await OpenAsync(_wanted, cancellation).ConfigureAwait(false) is { } refusal) return refusal;
        // Last: a newcomer that is refused for another reason must not have evicted the connection that holds the id.
        if (id is not null && await ClaimAsync(id, cancellation).ConfigureAwait(false) is { } taken) return taken;
        if (_wanted.Managed is not { } managed) return null;
        (var missing, var held, _before) = await resolver.TakeAsync(managed.Id, cancellation).ConfigureAwait(false);
        _wanted = _wanted with { Managed = held };
        return missing;
    }

    /// <summary>The connection, with what was taken.</summary>
    internal ClientActor Connect()
    {
        var client = new ClientActor(host, request, request.ClientId, _generation, places.Cursors, held: registry.IsObserved);
        if (_wanted.IsChanged) client.HasStoredChange = true;
        registry.Add(client, _wanted.Managed, _before);
        Connected(client);
        return client;
    }

    /// <summary>The connection before it is known where it starts.</summary>
    internal ClientActor Wait()
    {
        var client = ClientActor.Waiting(host, request, held: registry.IsObserved);
        registry.AddWaiting(client);
        CloseOnDrain(client);
        return client;
    }

    /// <summary>Gives a connection that waits what was taken; false when it has ended, and then it has nothing of it.</summary>
    internal async ValueTask<bool> OpenAsync(ClientActor client)
    {
        client.Claimed(_generation);
        if (_wanted.IsChanged) client.HasStoredChange = true;
        if (!await registry.OpenAsync(client, _wanted.Managed, _before, places.Cursors).ConfigureAwait(false)) return false;
        Connected(client);
        return true;
    }

    internal async ValueTask UndoAsync()
    {
        Arrived();
        places.Undo();
        if (_generation != 0) await claims.ReleaseAsync(request.Zone!, request.ClientId!, _generation).ConfigureAwait(false);
    }

    private void Connected(ClientActor client)
    {
        CloseOnDrain(client);
        if (_generation != 0 && claims.Arrivals.WasLost(request.Zone!, client.ClientId, _generation) is { } lost) client.Close(lost);
        Arrived();
        if (host.Logger.ForDebug() is { } debug) Log.Connected(debug, client.ClientId, client.Zone, request.Remote);
    }

    // A drain that began meanwhile has not seen this connection.
    private void CloseOnDrain(ClientActor client)
    {
        if (state.Phase != HubPhase.Running) client.Close(CloseReason.Shutdown, state.RefusalRetry());
    }

    private async ValueTask<Admission?> OpenAsync(ResolvedStreams wanted, CancellationToken cancellation)
    {
        var starts = new ReaderStarts(request);
        var (streams, kept) = (wanted.Streams, wanted.Managed?.Positions);
        foreach (var (stream, since) in streams)
        {
            var refused = await AddAsync(stream, streams.Count, starts, since, kept, cancellation).ConfigureAwait(false);
            if (refused is not null) return refused;
        }
        if (streams.Count > 0 && places.Cursors.Count == 0)
            return new Admission(AdmissionStatus.Removed) { Error = "The stream was removed." };
        foreach (var zone in Zones())
        {
            var refused = await AddAsync(HubNames.ZoneStream(zone), 0, starts, null, kept, cancellation).ConfigureAwait(false);
            if (refused is not null) return refused;
        }
        return request.Broadcast
            ? await AddAsync(HubNames.BroadcastStream, 0, starts, null, kept, cancellation).ConfigureAwait(false)
            : null;
    }

    private ValueTask<Admission?> AddAsync(
        string stream,
        int named,
        ReaderStarts starts,
        StartPosition? since,
        IReadOnlyDictionary<string, StreamPosition>? kept,
        CancellationToken cancellation) =>
        places.AddAsync(stream, named, log => starts.For(stream, since, log, kept), cancellation);

    private async ValueTask<Admission?> ClaimAsync(string id, CancellationToken cancellation)
    {
        claims.Arrivals.Begin();
        _arriving = true;
        var claim = await claims.ClaimAsync(request, id, cancellation).ConfigureAwait(false);
        switch (claim.Status)
        {
            case ClaimStatus.InUse:
                return new Admission(AdmissionStatus.ClientInUse) { Error = $"a client with id {id} already exists" };
            case ClaimStatus.Refused:
                return new Admission(AdmissionStatus.Refused) { Error = "This client was replaced or disconnected for good." };
            case ClaimStatus.Unavailable:
                return new Admission(AdmissionStatus.Unavailable)
                {
                    Error = "Nobody can say now who owns the client id.",
                    RetryAfter = state.RefusalRetry(),
                };
        }
        _generation = claim.Generation;
        return null;
    }

    // Once, whatever became of the plan.
    private void Arrived()
    {
        if (!_arriving) return;
        _arriving = false;
        claims.Arrivals.End();
    }

    private IEnumerable<string> Zones()
    {
        if (request.Zone is { } home) yield return home;
        foreach (var zone in request.ListenZones.Distinct(StringComparer.Ordinal))
        {
            if (zone != request.Zone) yield return zone;
        }
    }
}
