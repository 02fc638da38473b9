using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>What a request wants to do.</summary>
public enum HubAction
{
    /// <summary>Read a stream, a zone, or the broadcasts. Asked once for each of them.</summary>
    Subscribe,

    /// <summary>Publish to a stream, a zone, a client, or everyone.</summary>
    Publish,

    /// <summary>
    /// Register a client id that is not the principal's own subject. Needs an explicit grant: without an authorizer it is refused.
    /// </summary>
    ClaimClient,

    /// <summary>List streams.</summary>
    ListStreams,

    /// <summary>Inspect a stream, or ask whether it exists.</summary>
    InspectStream,

    /// <summary>Read a stream's retained events as JSON.</summary>
    ReadHistory,

    /// <summary>Create a stream or change its options.</summary>
    CreateStream,

    /// <summary>Remove a stream.</summary>
    RemoveStream,

    /// <summary>Clear a stream's retained events.</summary>
    ClearStream,

    /// <summary>List clients.</summary>
    ListClients,

    /// <summary>Inspect a client.</summary>
    InspectClient,

    /// <summary>Disconnect a client.</summary>
    DisconnectClient,

    /// <summary>
    /// Change a client's streams. Asked for the client, and then with <see cref="Subscribe"/> for each stream to be added.
    /// </summary>
    ChangeSubscriptions,

    /// <summary>Create, inspect or remove a managed subscription; its streams are asked for with <see cref="Subscribe"/>.</summary>
    ManageSubscription,

    /// <summary>See the cluster's nodes and their load.</summary>
    InspectCluster,
}

/// <summary>The answer of an authorizer.</summary>
public enum HubAccess
{
    /// <summary>Go on.</summary>
    Allow,

    /// <summary>401: authentication is needed.</summary>
    Unauthorized,

    /// <summary>403.</summary>
    Forbidden,
}

/// <summary>One question to an authorizer. Names are decoded and valid.</summary>
/// <param name="Principal">The request's user; not authenticated when nobody is.</param>
/// <param name="Action">What it wants to do.</param>
public readonly record struct HubAccessRequest(ClaimsPrincipal Principal, HubAction Action)
{
    /// <summary>The stream, or null.</summary>
    public string? Stream { get; init; }

    /// <summary>The zone, or null; with <see cref="Client"/>, the zone of the client (null: wherever it is).</summary>
    public string? Zone { get; init; }

    /// <summary>The client id, or null.</summary>
    public string? Client { get; init; }

    /// <summary>The managed subscription's id, or null.</summary>
    public string? Subscription { get; init; }

    /// <summary>True when the broadcasts are meant.</summary>
    public bool Broadcast { get; init; }

    /// <summary>The request.</summary>
    public required HttpContext Context { get; init; }
}

/// <summary>
/// Decides what a principal may do with which stream, zone and client (TGT-08). Register one in the container. Asked after the endpoint's
/// authorization policy and before anything is looked up or changed, so that a refused request leaves no state behind. Thread-safe; an
/// exception ends the request with 500.
/// </summary>
public interface IHubAuthorizer
{
    /// <summary>Answers one question.</summary>
    ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation);
}
