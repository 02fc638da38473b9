using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Nodes;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides whether the streams of a connection of this node may be changed, and changes them; given the cursor opener, the stream table,
/// the stored changes, the node's options, the time that a caller waits and the fault log. Thread-safe; changes of one connection happen
/// one at a time.
/// </summary>
internal sealed class SubscriptionChanges(
    CursorOpener opener, StreamTable streams, StoredChanges stored, HubOptions options, OpenLimit limit, FaultLog faults)
{
    internal async ValueTask<NodeReply> ApplyAsync(ClientActor client, NodeRequest request, CancellationToken cancellation)
    {
        await client.Changes.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await ApplyNextAsync(client, request, cancellation).ConfigureAwait(false);
        }
        finally
        {
            client.Changes.Release();
        }
    }

    private async ValueTask<NodeReply> ApplyNextAsync(ClientActor client, NodeRequest request, CancellationToken cancellation)
    {
        if (client.Request.Ids != WireIds.Token)
        {
            return Refused(ClientCallStatus.Invalid,
                "This connection reads one stream; only a connection of /v1/events can change its streams.");
        }
        var present = client.CursorSnapshot.Where(static c => !c.IsInternal).Select(static c => c.Stream).ToHashSet(StringComparer.Ordinal);
        var remove = request.Remove!.Where(present.Contains).Distinct(StringComparer.Ordinal).ToList();
        var add = request.Add!.Where(a => !present.Contains(a.Stream) || remove.Contains(a.Stream))
            .DistinctBy(static a => a.Stream).ToList();
        var total = present.Count - remove.Count + add.Count;
        var max = client.Request.ManagedSubscription is null ? options.MaxStreamsPerConnection : options.MaxManagedStreams();
        if (total > max)
            return Refused(ClientCallStatus.LimitReached, $"The connection would have {total} streams; at most {max} are allowed.");
        var places = new CursorSet(opener, streams);
        using var late = limit.Cancellation();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            if (await OpenAsync(places, add, stop.Token).ConfigureAwait(false) is { } refused)
            {
                places.Undo();
                return refused;
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            places.Undo();
            return Refused(
                ClientCallStatus.Unavailable, "Nobody can say now where the streams that are to be added stand; nothing was changed.");
        }
        catch
        {
            places.Undo();
            throw;
        }
        if (await client.ChangeAsync(places.Cursors, remove).ConfigureAwait(false) is { } ended)
        {
            places.Release();
            return Refused(ClientCallStatus.NotConnected, ended);
        }
        if (client.IsClaimed)
        {
            // The connection has the change: its caller does not wait for who keeps it for the next one.
            var storing = stored.StoreAsync(client, add, remove, cancellation).AsTask();
            if (!await limit.EndsAsync(storing).ConfigureAwait(false)) faults.Watch(new(storing), "storing of a change of streams");
            else await storing.ConfigureAwait(false);
        }
        return new NodeReply { Status = nameof(ClientCallStatus.Done), Client = client.Info() };
    }

    private static async ValueTask<NodeReply?> OpenAsync(CursorSet places, List<SubscriptionMessage> add, CancellationToken cancellation)
    {
        foreach (var (stream, since) in add)
        {
            StartPosition? start = null;
            if (since is not null && !StartText.TryRead(since, out start))
            {
                return Refused(ClientCallStatus.Invalid, $"'{since}' is no start: {StartText.Allowed}.");
            }
            var reader = ReaderStart.From(start ?? StartPosition.Latest);
            if (await places.AddAsync(stream, 1, _ => reader, cancellation).ConfigureAwait(false) is not { } refused) continue;
            return Refused(refused.Status switch
            {
                AdmissionStatus.LimitReached => ClientCallStatus.LimitReached,
                AdmissionStatus.Unavailable => ClientCallStatus.Unavailable,
                _ => ClientCallStatus.NoStream,
            }, refused.Error);
        }
        return null;
    }

    private static NodeReply Refused(ClientCallStatus status, string? error) => new() { Status = status.ToString(), Error = error };
}
