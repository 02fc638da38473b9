using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides which claims this node's connections hold, and closes a connection whose claim was lost; given the engine, the connections, and
/// the node's options. Thread-safe.
/// </summary>
internal sealed class ClientClaims(IHubEngine engine, ConnectionTable connections, HubOptions options)
{
    /// <summary>Claims that were lost while their connections were on the way into the table.</summary>
    internal Arrivals Arrivals { get; } = new();

    /// <summary>Whether a client that claims no id was disconnected for good.</summary>
    internal async ValueTask<bool> IsRefusedAsync(SubscribeRequest request, CancellationToken cancellation)
    {
        if (request.Instance is not { } instance) return false;
        var answer = await engine.Claims.IsRefusedAsync(request.Zone ?? "", "", instance, cancellation).ConfigureAwait(false);
        // Unavailable: let in. A refusal ends by itself, and a cluster that is away must not keep all clients out.
        return answer.TryGet(out var refused) && refused;
    }

    internal ValueTask<ClaimResult> ClaimAsync(SubscribeRequest request, string id, CancellationToken cancellation)
    {
        var claim = new ClaimRequest(request.Zone!, id) { Instance = request.Instance, Subject = request.Subject };
        return engine.Claims.ClaimAsync(claim, cancellation);
    }

    internal ValueTask ReleaseAsync(string zone, string client, long generation) => engine.Claims.ReleaseAsync(zone, client, generation);

    /// <summary>Keeps a client out for <see cref="HubOptions.RefusalMemory"/>.</summary>
    internal ValueTask RefuseAsync(ClientActor client, CancellationToken cancellation)
    {
        if (!client.IsClaimed && client.Instance is null) return ValueTask.CompletedTask;
        var id = client.IsClaimed ? client.ClientId : "";
        return engine.Claims.RefuseAsync(client.Zone ?? "", id, client.Instance, options.RefusalMemory, cancellation);
    }

    /// <summary>The engine has given the claim to another connection, or has ended it.</summary>
    internal void OnLost(string zone, string client, long generation, CloseReason reason)
    {
        // Noted before the table is looked at: a connection enters the table before it looks at the notes, so one of the two sees the
        // other.
        Arrivals.Lost(zone, client, generation, reason);
        foreach (var connection in connections.FindAll(client, zone))
        {
            if (connection.Generation != generation) continue;
            if (reason == CloseReason.LeaseLost) connection.Cut(reason);
            else connection.Close(reason);
        }
    }
}
