using System.Text.Json;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Nodes;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub;

public sealed partial class SseHub : IClientDirectory
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StoredChangeTime = TimeSpan.FromMinutes(10);

    async ValueTask<Page<ClientInfo>> IClientDirectory.ListAsync(string? stream, string? zone, string? after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        if (!IsUp) return new Page<ClientInfo>([], null);
        var request = new NodeRequest { Kind = NodeRequest.ListClients, Stream = stream, Zone = zone, After = after, Limit = limit };
        var nodes = await _engine.Nodes.ListAsync(cancellation).ConfigureAwait(false);
        var replies = await Task.WhenAll(nodes.Select(n => AskAsync(n.Name, request, cancellation).AsTask())).ConfigureAwait(false);
        var found = replies.Where(static r => r?.Clients is not null).SelectMany(static r => r!.Clients!).OrderBy(ListKey, StringComparer.Ordinal).ToList();
        var more = found.Count > limit || replies.Any(static r => r is { More: true });
        if (found.Count > limit) found.RemoveRange(limit, found.Count - limit);
        return new Page<ClientInfo>(found, more && found.Count > 0 ? ListKey(found[^1]) : null);
    }

    ValueTask<ClientCallResult> IClientDirectory.GetAsync(string client, string? zone, CancellationToken cancellation) =>
        CallAsync(client, zone, new NodeRequest { Kind = NodeRequest.Inspect }, cancellation);

    ValueTask<ClientCallResult> IClientDirectory.DisconnectAsync(string client, string? zone, bool reconnect, CancellationToken cancellation) =>
        CallAsync(client, zone, new NodeRequest { Kind = NodeRequest.Disconnect, Reconnect = reconnect }, cancellation);

    ValueTask<ClientCallResult> IClientDirectory.ChangeSubscriptionsAsync(string client, SubscriptionChange change, string? zone, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        foreach (var name in change.Add.Select(static a => a.Stream).Concat(change.Remove))
        {
            if (CheckStreamName(name) is { } fault) return new(new ClientCallResult(ClientCallStatus.Invalid, null, fault));
        }
        return CallAsync(client, zone, new NodeRequest
        {
            Kind = NodeRequest.Change,
            Add = [.. change.Add.Select(static a => new SubscriptionMessage(a.Stream, a.Since is { } since ? SinceText(since) : null))],
            Remove = [.. change.Remove],
        }, cancellation);
    }

    async ValueTask<ReadOnlyMemory<byte>> IEngineHost.OnRequestAsync(string node, ReadOnlyMemory<byte> message, CancellationToken cancellation) =>
        NodeWire.Write(await HandleAsync(NodeWire.ReadRequest(message), cancellation).ConfigureAwait(false));

    /// <inheritdoc/>
    public async ValueTask<SendResult> SendElsewhereAsync(string client, SseEvent e, string? zone, CancellationToken cancellation = default)
    {
        if (zone is { Length: 0 }) zone = null;
        var (place, status) = await LocateAsync(client, zone, cancellation).ConfigureAwait(false);
        if (status == ClientCallStatus.Ambiguous) return new SendResult(SendStatus.Ambiguous, client) { Error = $"several zones have a client with id {client}; name the zone" };
        if (place is not { } at)
        {
            return status == ClientCallStatus.NotConnected
                ? NotConnected(client)
                : new SendResult(SendStatus.Unavailable, client) { Zone = zone, Error = "Nobody can say now where the client is; nothing was sent." };
        }
        var reply = await AskHolderAsync(at, zone, new NodeRequest { Kind = NodeRequest.Send, Event = e }, cancellation).ConfigureAwait(false);
        if (reply is null) return new SendResult(SendStatus.Unknown, client) { Zone = at.Zone, Error = $"the node of client {client} did not answer in 2 s; the event may or may not have been delivered" };
        return new SendResult(reply.Sent!.Value, client) { Zone = at.Zone, Error = reply.Error };
    }

    private async ValueTask<ClientCallResult> CallAsync(string client, string? zone, NodeRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (!IsUp) return new ClientCallResult(ClientCallStatus.Unavailable, null, "The hub is not running.");
        var (place, status) = await LocateAsync(client, zone, cancellation).ConfigureAwait(false);
        if (status == ClientCallStatus.Ambiguous) return new ClientCallResult(status, null, $"several zones have a client with id {client}; name the zone");
        if (place is not { } at)
        {
            return status == ClientCallStatus.NotConnected
                ? new ClientCallResult(status, null, $"no client with id {client} exists")
                : new ClientCallResult(ClientCallStatus.Unavailable, null, "Nobody can say now where the client is.");
        }
        var reply = await AskHolderAsync(at, zone, request, cancellation).ConfigureAwait(false);
        return reply is null
            ? new ClientCallResult(ClientCallStatus.Unknown, null, $"the node of client {client} did not answer in 2 s")
            : new ClientCallResult(Enum.Parse<ClientCallStatus>(reply.Status!), reply.Client, reply.Error);
    }

    // Where a client is: an id made by a server says its node itself; a chosen one is claimed.
    private async ValueTask<(ClaimLocation? Place, ClientCallStatus Status)> LocateAsync(string client, string? zone, CancellationToken cancellation)
    {
        if (ConnectionIds.NodeOf(client) is { } node)
        {
            if (node != Options.NodeName) return (new ClaimLocation(zone ?? "", client, node, 0), ClientCallStatus.Done);
            var here = zone is null ? _connections.FindOnly(client) : _connections.Find(zone, client);
            return here is null ? (null, ClientCallStatus.NotConnected) : (new ClaimLocation(here.Zone ?? "", client, node, 0), ClientCallStatus.Done);
        }
        var answer = await _engine.Claims.LocateAsync(zone, client, cancellation).ConfigureAwait(false);
        if (!answer.TryGet(out var places))
        {
            // The node that holds the connection needs nobody's word.
            var held = zone is null ? _connections.FindOnly(client) : _connections.Find(zone, client);
            return held is null ? (null, ClientCallStatus.Unavailable) : (new ClaimLocation(held.Zone ?? "", client, Options.NodeName, held.Generation), ClientCallStatus.Done);
        }
        return places.Count switch
        {
            0 => (null, ClientCallStatus.NotConnected),
            1 => (places[0], ClientCallStatus.Done),
            _ => (null, ClientCallStatus.Ambiguous),
        };
    }

    // Asks the node where the client is; where places are remembered, once more when it is not there any more.
    private async ValueTask<NodeReply?> AskHolderAsync(ClaimLocation at, string? zone, NodeRequest request, CancellationToken cancellation)
    {
        var reply = await AskAsync(at.Node, request with { Client = at.Client, Zone = at.Zone, Generation = at.Generation }, cancellation).ConfigureAwait(false);
        if (at.Generation == 0 || reply is { IsNotConnected: false } || _engine.Claims is not ICachedLocations cached) return reply;
        cached.Forget(at.Client);
        // No answer: it may have been delivered.
        if (reply is null) return reply;
        var (place, status) = await LocateAsync(at.Client, zone, cancellation).ConfigureAwait(false);
        if (status == ClientCallStatus.Unavailable)
            return new NodeReply { Sent = SendStatus.Unavailable, Status = nameof(ClientCallStatus.Unavailable), Error = "The client is not where it was, and nobody can say now where it is; nothing was sent." };
        if (place is not { } now || now == at) return reply;
        return await AskAsync(now.Node, request with { Client = now.Client, Zone = now.Zone, Generation = now.Generation }, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<NodeReply?> AskAsync(string node, NodeRequest request, CancellationToken cancellation)
    {
        if (node == Options.NodeName) return await HandleAsync(request, cancellation).ConfigureAwait(false);
        var reply = await _engine.Nodes.RequestAsync(node, NodeWire.Write(request), RequestTimeout, cancellation).ConfigureAwait(false);
        return reply is { } bytes ? NodeWire.ReadReply(bytes) : null;
    }

    private async ValueTask<NodeReply> HandleAsync(NodeRequest request, CancellationToken cancellation)
    {
        switch (request.Kind)
        {
            case NodeRequest.LoadOf:
                return new NodeReply { Load = Load };
            case NodeRequest.ListClients:
                return ListLocal(request);
            case NodeRequest.EndManaged:
                if (_managed.TryGetValue(request.Client!, out var connection)) connection.Close(CloseReason.Removed);
                return new NodeReply();
        }
        var client = FindLocal(request);
        if (client is null)
        {
            return request.Kind == NodeRequest.Send
                ? new NodeReply { Sent = SendStatus.NotConnected, Error = $"no client with id {request.Client} exists" }
                : new NodeReply { Status = nameof(ClientCallStatus.NotConnected), Error = $"no client with id {request.Client} exists" };
        }
        switch (request.Kind)
        {
            case NodeRequest.Send:
                var sent = Deliver(client, request.Event!);
                return new NodeReply { Sent = sent.Status, Error = sent.Error };
            case NodeRequest.Inspect:
                return new NodeReply { Status = nameof(ClientCallStatus.Done), Client = client.Info() };
            case NodeRequest.Disconnect:
                var info = client.Info();
                if (!request.Reconnect) await RefuseAsync(client, cancellation).ConfigureAwait(false);
                client.Close(CloseReason.Kicked);
                return new NodeReply { Status = nameof(ClientCallStatus.Done), Client = info };
            case NodeRequest.Change:
                return await ChangeLocalAsync(client, request, cancellation).ConfigureAwait(false);
            default:
                return new NodeReply { Status = nameof(ClientCallStatus.Invalid), Error = $"'{request.Kind}' is not understood by this node." };
        }
    }

    private ClientActor? FindLocal(NodeRequest request)
    {
        var client = string.IsNullOrEmpty(request.Zone) ? _connections.FindOnly(request.Client!) : _connections.Find(request.Zone, request.Client!);
        return client is not null && (request.Generation == 0 || client.Generation == request.Generation) ? client : null;
    }

    private NodeReply ListLocal(NodeRequest request)
    {
        var matching = _connections.Snapshot()
            .Where(c => (request.Zone is null || c.Zone == request.Zone)
                && (request.Stream is null || Array.Exists(c.CursorSnapshot, x => x.Stream == request.Stream)))
            .Select(static c => (Key: ListKey(c.ClientId, c.Zone), Client: c))
            .Where(c => request.After is null || string.CompareOrdinal(c.Key, request.After) > 0)
            .OrderBy(static c => c.Key, StringComparer.Ordinal)
            .Take(request.Limit + 1)
            .ToList();
        return new NodeReply { Clients = [.. matching.Take(request.Limit).Select(static c => c.Client.Info())], More = matching.Count > request.Limit };
    }

    private async ValueTask RefuseAsync(ClientActor client, CancellationToken cancellation)
    {
        var zone = client.Zone ?? "";
        if (client.Generation != 0) await _engine.Claims.RefuseAsync(zone, client.ClientId, client.Instance, Options.RefusalMemory, cancellation).ConfigureAwait(false);
        else if (client.Instance is not null) await _engine.Claims.RefuseAsync(zone, "", client.Instance, Options.RefusalMemory, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<NodeReply> ChangeLocalAsync(ClientActor client, NodeRequest request, CancellationToken cancellation)
    {
        using var turn = await EnterAsync(client.Changes, cancellation).ConfigureAwait(false);
        if (client.Request.Ids != WireIds.Token) return Refused(ClientCallStatus.Invalid, "This connection reads one stream; only a connection of /v1/events can change its streams.");
        var present = client.CursorSnapshot.Where(static c => !c.IsInternal).Select(static c => c.Stream).ToHashSet(StringComparer.Ordinal);
        var remove = request.Remove!.Where(present.Contains).Distinct(StringComparer.Ordinal).ToList();
        var add = request.Add!.Where(a => !present.Contains(a.Stream) || remove.Contains(a.Stream)).DistinctBy(static a => a.Stream).ToList();
        var total = present.Count - remove.Count + add.Count;
        var max = client.Request.ManagedSubscription is null ? Options.MaxStreamsPerConnection : Options.MaxStreamsPerConnection * 8;
        if (total > max) return Refused(ClientCallStatus.LimitReached, $"The connection would have {total} streams; at most {max} are allowed.");
        var acquired = new List<StreamActor>();
        var cursors = new List<Cursor>();
        try
        {
            foreach (var (stream, since) in add)
            {
                StartPosition? start = null;
                if (since is not null && !StartPosition.TryParse(since, out start)) return Undo(Refused(ClientCallStatus.Invalid, $"'{since}' is no start: earliest, latest, last:N, offset:N, a duration or a time are allowed."));
                var (cursor, refused) = await OpenCursorAsync(stream, 1, _ => ReaderStart.From(start ?? StartPosition.Latest), acquired, cancellation).ConfigureAwait(false);
                if (cursor is null)
                {
                    var status = refused?.Status switch { AdmissionStatus.LimitReached => ClientCallStatus.LimitReached, _ => ClientCallStatus.NoStream };
                    return Undo(Refused(status, refused?.Error));
                }
                cursors.Add(cursor);
            }
        }
        catch
        {
            Undo(null!);
            throw;
        }
        if (await client.ChangeAsync(cursors, remove).ConfigureAwait(false) is { } ended)
        {
            foreach (var actor in acquired) _streams!.Release(actor);
            return Refused(ClientCallStatus.NotConnected, ended);
        }
        if (client.Generation != 0) await StoreChangeAsync(client, add, remove, cancellation).ConfigureAwait(false);
        return new NodeReply { Status = nameof(ClientCallStatus.Done), Client = client.Info() };

        static NodeReply Refused(ClientCallStatus status, string? error) => new() { Status = status.ToString(), Error = error };

        NodeReply Undo(NodeReply reply)
        {
            foreach (var cursor in cursors) cursor.LocalStream.Discharge();
            foreach (var actor in acquired) _streams!.Release(actor);
            return reply;
        }
    }

    private static async ValueTask<Turn> EnterAsync(SemaphoreSlim gate, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        return new Turn(gate);
    }

    private readonly struct Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }

    private async ValueTask StoreChangeAsync(ClientActor client, List<SubscriptionMessage> add, List<string> remove, CancellationToken cancellation)
    {
        var key = ChangeKey(client.Zone!, client.ClientId);
        while (true)
        {
            // Unavailable: the connection has the change; it will not survive a reconnect.
            if (!(await _engine.Values.GetAsync(key, cancellation).ConfigureAwait(false)).TryGet(out var stored)) return;
            var change = stored is { } s ? JsonSerializer.Deserialize(s.Bytes.Span, NodeJson.Default.StoredChange)! : new StoredChange { Subject = client.Subject };
            var added = change.Add.Except(remove, StringComparer.Ordinal).Union(add.Select(static a => a.Stream), StringComparer.Ordinal).ToList();
            var removed = change.Remove.Union(remove, StringComparer.Ordinal).Except(add.Select(static a => a.Stream), StringComparer.Ordinal).ToList();
            var bytes = JsonSerializer.SerializeToUtf8Bytes(change with { Subject = client.Subject, Add = added, Remove = removed }, NodeJson.Default.StoredChange);
            // Kept while the connection lives: the sweeper prolongs it; after the disconnect it has its ten minutes.
            if (!(await _engine.Values.PutAsync(key, bytes, StoredChangeTime, stored?.Version ?? 0, cancellation).ConfigureAwait(false)).TryGet(out var version)) return;
            if (version is not null) break;
        }
        client.HasStoredChange = true;
    }

    private async ValueTask ProlongChangeAsync(ClientActor client)
    {
        var key = ChangeKey(client.Zone!, client.ClientId);
        if ((await _engine.Values.GetAsync(key, default).ConfigureAwait(false)).TryGet(out var found) && found is { } stored)
            await _engine.Values.PutAsync(key, stored.Bytes, StoredChangeTime, stored.Version, default).ConfigureAwait(false);
    }

    private async ValueTask<EngineAnswer<bool>> ApplyStoredChangesAsync(SubscribeRequest request, List<StreamSubscription> streams, CancellationToken cancellation)
    {
        if (!(await _engine.Values.GetAsync(ChangeKey(request.Zone!, request.ClientId!), cancellation).ConfigureAwait(false)).TryGet(out var found)) return default;
        if (found is not { } stored) return new(false);
        var change = JsonSerializer.Deserialize(stored.Bytes.Span, NodeJson.Default.StoredChange)!;
        if (change.Subject != request.Subject) return new(false);
        streams.RemoveAll(s => change.Remove.Contains(s.Stream));
        foreach (var name in change.Add)
        {
            if (streams.Exists(s => s.Stream == name) || streams.Count >= Options.MaxStreamsPerConnection) continue;
            if (request.AuthorizeStream is { } authorize && !await authorize(name).ConfigureAwait(false)) continue;
            // An addition whose stream is gone must not make the client's own streams unreachable.
            if (!Options.AutoCreate && !await _engine.Streams.ExistsAsync(name, cancellation).ConfigureAwait(false)) continue;
            streams.Add(new StreamSubscription(name));
        }
        return new(true);
    }

    private static string ChangeKey(string zone, string client) => $"subscriptions/{Uri.EscapeDataString(zone)}/{Uri.EscapeDataString(client)}";

    private static string ListKey(ClientInfo client) => ListKey(client.Id, client.Zone);

    private static string ListKey(string id, string? zone) => zone is null ? id : id + "\u0001" + zone;

    private static string SinceText(StartPosition since) => since.Kind switch
    {
        StartKind.Earliest => "earliest",
        StartKind.Last => $"last:{since.Number}",
        StartKind.Offset => $"offset:{since.Number}",
        StartKind.Age => Durations.Format(since.Age),
        StartKind.Time => since.Time.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        _ => "latest",
    };
}
