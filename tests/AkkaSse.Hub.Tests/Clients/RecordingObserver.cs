using System.Collections.Concurrent;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>Remembers every callback in order.</summary>
internal sealed class RecordingObserver : IHubObserver
{
    private readonly ConcurrentQueue<(string What, string Client, string? Stream, CloseReason Reason)> _calls = new();

    internal Func<ClientInfo, ISseHub, CancellationToken, ValueTask>? Connecting { get; init; }

    internal IReadOnlyList<(string What, string Client, string? Stream, CloseReason Reason)> Calls => [.. _calls];

    internal IReadOnlyList<(string What, string Client, string? Stream, CloseReason Reason)> Disconnected =>
        [.. _calls.Where(static c => c.What == "disconnected")];

    internal int Count(string what) => _calls.Count(c => c.What == what);

    public ValueTask OnConnectedAsync(ClientInfo client, ISseHub hub, CancellationToken cancellation)
    {
        _calls.Enqueue(("connected", client.Id, null, CloseReason.None));
        return Connecting?.Invoke(client, hub, cancellation) ?? ValueTask.CompletedTask;
    }

    public ValueTask OnDisconnectedAsync(ClientInfo client, CloseReason reason)
    {
        _calls.Enqueue(("disconnected", client.Id, null, reason));
        return ValueTask.CompletedTask;
    }

    public ValueTask OnSubscribedAsync(string stream, ClientInfo client)
    {
        _calls.Enqueue(("subscribed", client.Id, stream, CloseReason.None));
        return ValueTask.CompletedTask;
    }

    public ValueTask OnUnsubscribedAsync(string stream, ClientInfo client, CloseReason reason)
    {
        _calls.Enqueue(("unsubscribed", client.Id, stream, reason));
        return ValueTask.CompletedTask;
    }
}
