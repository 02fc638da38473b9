using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Nodes;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides whether an event may be sent to one client, and on which node it goes into the client's inbox; given the node's state and
/// options, its connections, the engine's claims, the inbox writer, the locator and the calls to nodes. An event is checked and looked up
/// here once, then only forwarded. Thread-safe.
/// </summary>
internal sealed class ClientSender(
    HubState state,
    HubOptions options,
    ConnectionTable connections,
    IHubEngine engine,
    InboxWriter inbox,
    ClientLocator locator,
    NodeCalls calls)
{
    internal ValueTask<SendResult> SendAsync(string client, SseEvent e, string? zone, CancellationToken cancellation)
    {
        if (!TrySend(client, e, zone, out var result, out var delivery)) return SendElsewhereAsync(client, e, zone, cancellation);
        delivery?.Deliver();
        return new(result);
    }

    /// <summary>As <see cref="ILocalSender.TrySend"/>.</summary>
    internal bool TrySend(string client, SseEvent e, string? zone, out SendResult result, out IPendingDelivery? delivery)
    {
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(client);
        delivery = null;
        if (client.Length == 0)
        {
            result = InboxWriter.NotConnected(client);
            return true;
        }
        if (!state.IsUp)
        {
            result = new SendResult(SendStatus.Unavailable, client) { Error = "The hub is not running." };
            return true;
        }
        if (EventRules.Check(e, default) is { } fault)
        {
            result = new SendResult(SendStatus.Invalid, client) { Error = fault };
            return true;
        }
        if (options.CheckSize(e) is { } size)
        {
            result = new SendResult(SendStatus.TooLarge, client) { Error = size };
            return true;
        }
        result = default;
        if (zone is { Length: 0 }) zone = null;
        if (connections.Find(client, zone) is not { } local) return false;
        // A claimed id may be in use in another zone on another node.
        if (zone is null && local.IsClaimed && !engine.Claims.IsNodeLocal) return false;
        result = inbox.Put(local, client, e);
        if (result.Status == SendStatus.Accepted) delivery = local;
        return true;
    }

    /// <summary>As <see cref="ILocalSender.SendElsewhereAsync"/>.</summary>
    internal async ValueTask<SendResult> SendElsewhereAsync(string client, SseEvent e, string? zone, CancellationToken cancellation)
    {
        if (zone is { Length: 0 }) zone = null;
        var (place, status) = await locator.LocateAsync(client, zone, isNotHere: true, cancellation).ConfigureAwait(false);
        if (status == ClientCallStatus.Ambiguous)
            return new SendResult(SendStatus.Ambiguous, client) { Error = ClientLocator.Ambiguous(client) };
        if (place is not { } at)
        {
            return status == ClientCallStatus.NotConnected
                ? InboxWriter.NotConnected(client)
                : new SendResult(SendStatus.Unavailable, client)
                {
                    Zone = zone,
                    Error = "Nobody can say now where the client is; nothing was sent.",
                };
        }
        var request = new NodeRequest { Kind = NodeRequest.Send, Event = e };
        return await calls.AskHolderAsync(at, zone, request, cancellation).ConfigureAwait(false) is { } reply
            ? new SendResult(reply.Sent!.Value, client) { Zone = at.Zone, Error = reply.Error }
            : new SendResult(SendStatus.Unknown, client)
            {
                Zone = at.Zone,
                Error = $"the node of client {client} did not answer in 2 s; the event may or may not have been delivered",
            };
    }
}
