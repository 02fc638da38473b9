using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub;

/// <summary>The connected clients of the cluster. Thread-safe.</summary>
public interface IClientDirectory
{
    /// <summary>
    /// Clients in ascending order of (id, zone), with ids that begin with <paramref name="prefix"/>; <paramref name="after"/> is a previous
    /// page's <see cref="Page{T}.Next"/>. A page that lacks the clients of some nodes names those nodes; unknown when nobody can say which
    /// nodes there are.
    /// </summary>
    ValueTask<EngineAnswer<Page<ClientInfo>>> ListAsync(
        string? stream = null,
        string? zone = null,
        string? after = null,
        int limit = 100,
        string? prefix = null,
        CancellationToken cancellation = default);

    /// <summary>One client.</summary>
    ValueTask<ClientCallResult> GetAsync(string client, string? zone = null, CancellationToken cancellation = default);

    /// <summary>
    /// Ends a client's connection. With <paramref name="reconnect"/> false, that (client, instance) stays refused on all nodes for
    /// <see cref="HubOptions.RefusalMemory"/>.
    /// </summary>
    ValueTask<ClientCallResult> DisconnectAsync(
        string client, string? zone = null, bool reconnect = true, CancellationToken cancellation = default);

    /// <summary>Changes a live connection's streams; answers once applied.</summary>
    ValueTask<ClientCallResult> ChangeSubscriptionsAsync(
        string client, SubscriptionChange change, string? zone = null, CancellationToken cancellation = default);
}
