namespace AkkaSse.Hub.Engine;

/// <summary>Claims on client ids: one winner under any race, over all nodes. A lost node's claims end within its lease.</summary>
public interface IClaimEngine
{
    /// <summary>True when no other node can hold a claim: whoever is found on this node is the only holder of its id.</summary>
    bool IsNodeLocal { get; }

    /// <summary>Claims an id for this node. A replaced holder's node is told by <see cref="IEngineHost.OnClaimLost"/>.</summary>
    ValueTask<ClaimResult> ClaimAsync(ClaimRequest request, CancellationToken cancellation);

    /// <summary>Gives a claim back; without effect when the generation is not the current one.</summary>
    ValueTask ReleaseAsync(string zone, string client, long generation);

    /// <summary>
    /// Where an id is: in one zone, or with a null zone in all zones (at most 2 answers are needed to know that it is ambiguous).
    /// </summary>
    ValueTask<EngineAnswer<IReadOnlyList<ClaimLocation>>> LocateAsync(string? zone, string client, CancellationToken cancellation);

    /// <summary>Refuses a client for a time on all nodes: that instance, or with a null instance the id itself.</summary>
    ValueTask RefuseAsync(string zone, string client, string? instance, TimeSpan time, CancellationToken cancellation);

    /// <summary>Whether a client may connect at all (ids made by the server and connections that claim nothing ask this too).</summary>
    ValueTask<EngineAnswer<bool>> IsRefusedAsync(string zone, string client, string? instance, CancellationToken cancellation);
}
