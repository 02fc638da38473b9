using AkkaSse.Cluster.Hosting;
using AkkaSse.Cluster.Wire;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Clients;

/// <summary>Who claims or holds a client id.</summary>
/// <param name="Zone">The zone.</param>
/// <param name="Instance">The instance; null for none.</param>
/// <param name="Subject">The principal; null for none.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Member">The node's incarnation: a claim ends with it.</param>
/// <param name="Token">Chosen by the node for this attempt: by it the node and the entity mean the same claim before there is a
/// generation.</param>
internal sealed record Claimant(string Zone, string? Instance, string? Subject, string Node, string Member, long Token);

/// <summary>A claim that is held.</summary>
internal sealed record HeldEntry(string Zone, string? Instance, string? Subject, long Token, long Generation);

/// <summary>Asks for an id. Answered by <see cref="ClaimAnswer"/>.</summary>
internal sealed record Claim(string Entity, Claimant By, DuplicateClientPolicy Policy) : IEntityMessage;

/// <param name="Status">How it was decided.</param>
/// <param name="Generation">Of a granted one.</param>
/// <param name="Incarnation">Of the entity that decided: a node that a later one has asked meanwhile does not take it any more.</param>
internal sealed record ClaimAnswer(ClaimStatus Status, long Generation, long Incarnation) : IWireMessage;

/// <summary>
/// After the node's ActorSystem has begun anew: its claims are kept, unless others have them now. Answered by <see cref="ClaimAnswer"/>.
/// </summary>
internal sealed record Restore(string Entity, Claimant By, long Generation) : IEntityMessage;

/// <summary>Gives a claim back, by its token. Answered by <see cref="Done"/>.</summary>
internal sealed record Release(string Entity, string Zone, long Token, long Generation) : IEntityMessage;

/// <summary>Where is the client? Answered by <see cref="Located"/>.</summary>
/// <param name="Entity">The client.</param>
/// <param name="Member">The node that asks and will remember the answer; null from nodes that are not told of changes.</param>
internal sealed record Locate(string Entity, string? Member = null) : IEntityMessage;

internal sealed record Located(bool Known, IReadOnlyList<Located.Place> Places) : IWireMessage
{
    /// <summary>So long the node that has asked is told of a change; 0: it is not.</summary>
    internal long ToldForMilliseconds { get; init; }

    internal sealed record Place(string Zone, string Node, string Member, long Generation);
}

/// <summary>
/// To the actors of nodes that have asked where a client is: it is elsewhere, or in another zone besides, or not any more. Whoever wants to
/// know of the next change asks again.
/// </summary>
internal sealed record PlacesChanged(string Client) : IWireMessage;

/// <summary>Refuses a client for a time. Answered by <see cref="Done"/> when all nodes have been told.</summary>
internal sealed record Refuse(string Entity, string Zone, string? Instance, long Milliseconds) : IEntityMessage;

/// <summary>Is it refused? Answered by <see cref="IsRefused"/>.</summary>
internal sealed record RefusedQuestion(string Entity, string Zone, string? Instance) : IEntityMessage;

internal sealed record IsRefused(bool Value) : IWireMessage;

internal sealed record Done : IWireMessage
{
    internal static readonly Done Instance = new();
}

/// <summary>From an entity to a node's actor: which claims on this client do you hold? Answered by <see cref="ClaimsHeld"/>.</summary>
internal sealed record ClaimsQuestion(string Client, long Incarnation) : IWireMessage;

/// <param name="Incarnation">Of the entity that has asked.</param>
/// <param name="Member">The node that answers.</param>
/// <param name="Node">Its name.</param>
/// <param name="Claims">With generation 0: asked for and not answered yet.</param>
internal sealed record ClaimsHeld(long Incarnation, string Member, string Node, IReadOnlyList<HeldEntry> Claims) : IWireMessage
{
    /// <summary>What the node knows of refusals, see <see cref="Refusals.ToBytes"/>; empty for none.</summary>
    internal ReadOnlyMemory<byte> Refusals { get; init; }
}

/// <summary>From an entity to the node that held the claim.</summary>
internal sealed record ClaimLost(string Client, string Zone, long Generation) : IWireMessage;

/// <summary>To every node's actor: so that whoever decides about the client next hears of its refusals.</summary>
/// <param name="Client">The entity's name.</param>
/// <param name="Until">When the last one ends, in milliseconds since 1970.</param>
/// <param name="Refusals">All of them.</param>
internal sealed record KeepRefusals(string Client, long Until, ReadOnlyMemory<byte> Refusals) : IWireMessage;
