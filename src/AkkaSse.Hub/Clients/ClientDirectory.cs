using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides which nodes are asked about clients, and what their replies mean; given the engine, the node's state and options, the time that
/// a caller waits, the locator and the calls to nodes. Thread-safe.
/// </summary>
internal sealed class ClientDirectory(
    IHubEngine engine, HubState state, HubOptions options, OpenLimit limit, ClientLocator locator, NodeCalls calls) : IClientDirectory
{
    public async ValueTask<EngineAnswer<Page<ClientInfo>>> ListAsync(
        string? stream, string? zone, string? after, int limit, string? prefix, CancellationToken cancellation)
    {
        HubRules.CheckLimit(limit);
        if (!state.IsUp) return default;
        var request = new NodeRequest
        {
            Kind = NodeRequest.ListClients,
            Stream = stream,
            Zone = zone,
            Prefix = prefix,
            After = after,
            Limit = limit,
        };
        var nodes = await engine.Nodes.ListAsync(cancellation).ConfigureAwait(false);
        if (!nodes.IsComplete) return default;
        var replies = await Task.WhenAll(nodes.Select(n => calls.AskReachableAsync(n, request, cancellation))).ConfigureAwait(false);
        return new(ClientList.Merge(nodes, replies, request));
    }

    public ValueTask<ClientCallResult> GetAsync(string client, string? zone, CancellationToken cancellation) =>
        CallAsync(client, zone, new NodeRequest { Kind = NodeRequest.Inspect }, cancellation);

    public ValueTask<ClientCallResult> DisconnectAsync(string client, string? zone, bool reconnect, CancellationToken cancellation) =>
        CallAsync(client, zone, new NodeRequest { Kind = NodeRequest.Disconnect, Reconnect = reconnect }, cancellation);

    public ValueTask<ClientCallResult> ChangeSubscriptionsAsync(
        string client, SubscriptionChange change, string? zone, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        foreach (var name in change.Add.Select(static a => a.Stream).Concat(change.Remove))
        {
            if (options.CheckStreamName(name) is { } fault) return new(new ClientCallResult(ClientCallStatus.Invalid, null, fault));
        }
        return CallAsync(client, zone, new NodeRequest
        {
            Kind = NodeRequest.Change,
            Add = [.. change.Add.Select(
                static a => new SubscriptionMessage(a.Stream, a.Since is { } since ? StartText.Write(since) : null))],
            Remove = [.. change.Remove],
        }, cancellation);
    }

    private async ValueTask<ClientCallResult> CallAsync(string client, string? zone, NodeRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (!state.IsUp) return new ClientCallResult(ClientCallStatus.Unavailable, null, "The hub is not running.");
        // A change of streams fixes where they start: its caller is told soon when that cannot be said.
        OpenWait? wait = request.Kind == NodeRequest.Change ? limit.Begin() : null;
        var (place, status) = await locator.LocateAsync(client, zone, isNotHere: false, cancellation, wait).ConfigureAwait(false);
        if (status == ClientCallStatus.Ambiguous) return new ClientCallResult(status, null, ClientLocator.Ambiguous(client));
        if (place is not { } at)
        {
            return status == ClientCallStatus.NotConnected
                ? new ClientCallResult(status, null, InboxWriter.NoClient(client))
                : new ClientCallResult(ClientCallStatus.Unavailable, null, "Nobody can say now where the client is.");
        }
        var reply = await calls.AskHolderAsync(at, zone, request, cancellation).ConfigureAwait(false);
        return reply is null
            ? new ClientCallResult(ClientCallStatus.Unknown, null, $"the node of client {client} did not answer in 2 s")
            : new ClientCallResult(Enum.Parse<ClientCallStatus>(reply.Status!), reply.Client, reply.Error);
    }
}
