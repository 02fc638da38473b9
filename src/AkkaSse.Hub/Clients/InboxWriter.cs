using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides whether an event that has been checked goes into the inbox of a connection of this node; given the metrics. Thread-safe.
/// </summary>
internal sealed class InboxWriter(HubMetrics metrics)
{
    /// <summary>Puts an event into the inbox. The caller has it written.</summary>
    internal SendResult Put(ClientActor client, string id, SseEvent e)
    {
        var buffer = FrameBuffer.Rent();
        if (e.Id is { Length: > 0 } own && e.HasData) FrameEncoder.WritePublisherId(buffer, own);
        SseEncoder.WriteHead(buffer, e);
        switch (client.Inbox.TryAdd(buffer.Written, dispatched: e.HasData))
        {
            case null:
                return NotConnected(id);
            case false:
                return new SendResult(SendStatus.Full, id)
                {
                    Zone = client.Zone,
                    Error = $"failed to write to client {id}, its inbox is full",
                };
        }
        metrics.CountSent();
        return new SendResult(SendStatus.Accepted, id) { Zone = client.Zone };
    }

    /// <summary>Puts an event into the inbox and has it written.</summary>
    internal SendResult Deliver(ClientActor client, SseEvent e)
    {
        var result = Put(client, client.ClientId, e);
        if (result.Status == SendStatus.Accepted) client.SignalInline();
        return result;
    }

    internal static SendResult NotConnected(string client) => new(SendStatus.NotConnected, client) { Error = NoClient(client) };

    internal static string NoClient(string? client) => $"no client with id {client} exists";
}
