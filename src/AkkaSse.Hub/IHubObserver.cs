namespace AkkaSse.Hub;

/// <summary>
/// What an application may watch and decide. Register any number; all members have a default. Called in order per connection, awaited, and
/// never on the delivery path; an exception is logged and goes no further.
/// </summary>
public interface IHubObserver
{
    /// <summary>
    /// A client can receive: what is sent to it inside this call comes before every event of its streams and after the welcome (OBS-03).
    /// </summary>
    ValueTask OnConnectedAsync(ClientInfo client, ISseHub hub, CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>A client's connection has ended; exactly once for every <see cref="OnConnectedAsync"/>, after it.</summary>
    ValueTask OnDisconnectedAsync(ClientInfo client, CloseReason reason) => ValueTask.CompletedTask;

    /// <summary>A client began to read a stream.</summary>
    ValueTask OnSubscribedAsync(string stream, ClientInfo client) => ValueTask.CompletedTask;

    /// <summary>A client no longer reads a stream; exactly once for every <see cref="OnSubscribedAsync"/>.</summary>
    ValueTask OnUnsubscribedAsync(string stream, ClientInfo client, CloseReason reason) => ValueTask.CompletedTask;
}
