using AkkaSse.Hub.Clients;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// Decides what this node answers to a request of a node; given its connections, the inbox writer, the changes of streams, the claims, the
/// connections of managed subscriptions, and the node's load. Thread-safe.
/// </summary>
internal sealed class NodeRequestHandler(
    ConnectionTable connections,
    InboxWriter inbox,
    SubscriptionChanges changes,
    ClientClaims claims,
    ManagedConnections managed,
    NodeLoadReport load)
{
    internal async ValueTask<NodeReply> HandleAsync(NodeRequest request, CancellationToken cancellation)
    {
        switch (request.Kind)
        {
            case NodeRequest.LoadOf:
                return new NodeReply { Load = load.Read() };
            case NodeRequest.ListClients:
                return ClientList.Page(connections.Snapshot(), request);
            case NodeRequest.EndManaged:
                if (request.Generation == 0) managed.Close(request.Client!);
                else managed.Replace(request.Client!, request.Generation);
                return new NodeReply();
            case NodeRequest.SaveManaged:
                await managed.SavePositionsAsync(request.Client!).ConfigureAwait(false);
                return new NodeReply();
        }
        if (Find(request) is not { } client) return NotConnected(request);
        switch (request.Kind)
        {
            case NodeRequest.Send:
                var sent = inbox.Deliver(client, request.Event!);
                return new NodeReply { Sent = sent.Status, Error = sent.Error };
            case NodeRequest.Inspect:
                return new NodeReply { Status = nameof(ClientCallStatus.Done), Client = client.Info() };
            case NodeRequest.Disconnect:
                var info = client.Info();
                if (!request.Reconnect) await claims.RefuseAsync(client, cancellation).ConfigureAwait(false);
                client.Close(CloseReason.Disconnected);
                return new NodeReply { Status = nameof(ClientCallStatus.Done), Client = info };
            case NodeRequest.Change:
                return await changes.ApplyAsync(client, request, cancellation).ConfigureAwait(false);
            default:
                return new NodeReply
                {
                    Status = nameof(ClientCallStatus.Invalid),
                    Error = $"'{request.Kind}' is not understood by this node.",
                };
        }
    }

    private ClientActor? Find(NodeRequest request)
    {
        var client = connections.Find(request.Client!, request.Zone is { Length: > 0 } zone ? zone : null);
        return client is not null && (request.Generation == 0 || client.Generation == request.Generation) ? client : null;
    }

    private static NodeReply NotConnected(NodeRequest request) => request.Kind == NodeRequest.Send
        ? new NodeReply { Sent = SendStatus.NotConnected, Error = InboxWriter.NoClient(request.Client) }
        : new NodeReply { Status = nameof(ClientCallStatus.NotConnected), Error = InboxWriter.NoClient(request.Client) };
}
