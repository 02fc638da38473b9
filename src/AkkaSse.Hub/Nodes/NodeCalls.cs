using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Nodes;

/// <summary>
/// Decides how a request reaches a node, and asks once more when a client is not where it was found; given the engine, the handler of this
/// node and its name, and the locator. Thread-safe.
/// </summary>
internal sealed class NodeCalls(IHubEngine engine, NodeRequestHandler here, ClientLocator locator, string self)
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The node's reply; null when there is none within 2 s.</summary>
    internal async ValueTask<NodeReply?> AskAsync(string node, NodeRequest request, CancellationToken cancellation)
    {
        if (node == self) return await here.HandleAsync(request, cancellation).ConfigureAwait(false);
        var reply = await engine.Nodes.RequestAsync(node, NodeWire.Write(request), RequestTimeout, cancellation).ConfigureAwait(false);
        return reply is { } bytes ? NodeWire.ReadReply(bytes) : null;
    }

    /// <summary>The node's reply; null when there is none within 2 s, at once from one that is known not to answer.</summary>
    internal async Task<NodeReply?> AskReachableAsync(NodeInfo node, NodeRequest request, CancellationToken cancellation) =>
        node.State == NodeInfo.Unreachable ? null : await AskAsync(node.Name, request, cancellation).ConfigureAwait(false);

    /// <summary>Asks the node where a client was found; where places are remembered, once more when it is not there any more.</summary>
    internal async ValueTask<NodeReply?> AskHolderAsync(ClaimLocation at, string? zone, NodeRequest request, CancellationToken cancellation)
    {
        var reply = await AskAsync(at, request, cancellation).ConfigureAwait(false);
        if (at.Generation == 0 || reply is { IsNotConnected: false } || !locator.Forget(at.Client)) return reply;
        // No answer: it may have been delivered.
        if (reply is null) return reply;
        var (place, status) = await locator.LocateAsync(at.Client, zone, isNotHere: false, cancellation).ConfigureAwait(false);
        if (status == ClientCallStatus.Unavailable)
        {
            return new NodeReply
            {
                Sent = SendStatus.Unavailable,
                Status = nameof(ClientCallStatus.Unavailable),
                Error = "The client is not where it was, and nobody can say now where it is; nothing was sent.",
            };
        }
        return place is not { } now || now == at ? reply : await AskAsync(now, request, cancellation).ConfigureAwait(false);
    }

    private ValueTask<NodeReply?> AskAsync(ClaimLocation at, NodeRequest request, CancellationToken cancellation) =>
        AskAsync(at.Node, request with { Client = at.Client, Zone = at.Zone, Generation = at.Generation }, cancellation);
}
