using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>
/// A power of some hubs: they take an event for a client of this node and leave it to the caller when it is written. An edge answers its
/// sender first: a peer that waits for both is woken once by two writes one after the other, and twice when the answer is made in between,
/// which costs more than making it. Thread-safe.
/// </summary>
public interface ILocalSender
{
    /// <summary>
    /// Decides a send without waiting. False: it cannot be decided here and nothing was sent; <see cref="SendElsewhereAsync"/> goes on.
    /// </summary>
    /// <param name="client">The client's id.</param>
    /// <param name="e">The event.</param>
    /// <param name="zone">Its zone; null for whatever zone it is in.</param>
    /// <param name="result">As of <see cref="ISseHub.SendToAsync"/>.</param>
    /// <param name="delivery">Not null exactly when accepted: the event is in the client's inbox and is written when this is called, or
    /// with whatever is written to the client next.</param>
    bool TrySend(string client, SseEvent e, string? zone, out SendResult result, out IPendingDelivery? delivery);

    /// <summary>
    /// Goes on where <see cref="TrySend"/> with the same arguments was false: asks the cluster. Nothing is checked a second time.
    /// </summary>
    /// <param name="client">The client's id.</param>
    /// <param name="e">The event.</param>
    /// <param name="zone">Its zone; null for whatever zone it is in.</param>
    /// <param name="cancellation">As of <see cref="ISseHub.SendToAsync"/>.</param>
    ValueTask<SendResult> SendElsewhereAsync(string client, SseEvent e, string? zone, CancellationToken cancellation);
}

/// <summary>Events in a client's inbox that wait to be written.</summary>
public interface IPendingDelivery
{
    /// <summary>Writes them now, on this thread unless the client is being written to on another. Never blocks and never throws.</summary>
    void Deliver();
}
