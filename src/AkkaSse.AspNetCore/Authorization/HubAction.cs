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

    /// <summary>List streams: all, or those whose names begin with a prefix.</summary>
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

    /// <summary>List clients: all, or those whose ids begin with a prefix.</summary>
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

    /// <summary>
    /// Read the stream <c>$audit</c>, its history or its state: asked in place of <see cref="Subscribe"/>, <see cref="ReadHistory"/> and
    /// <see cref="InspectStream"/>. Needs an explicit grant: without an authorizer it is refused.
    /// </summary>
    ReadAudit,
}
