namespace AkkaSse.AspNetCore;

/// <summary>What an entry of the audit is about.</summary>
public enum HubAuditKind
{
    /// <summary>Somebody opened an event stream, or tried to.</summary>
    Connect,

    /// <summary>An event stream ended.</summary>
    End,

    /// <summary>Somebody published, or tried to: to a stream, a zone, a client or everyone.</summary>
    Publish,

    /// <summary>Somebody read the history of a stream.</summary>
    Read,

    /// <summary>A call of any kind was answered 401, 403 or 429.</summary>
    Refuse,

    /// <summary>Somebody disconnected a client.</summary>
    Disconnect,

    /// <summary>Somebody revoked credentials.</summary>
    Revoke,

    /// <summary>Somebody signed in or out.</summary>
    Session,

    /// <summary>Somebody got a ticket.</summary>
    Ticket,

    /// <summary>Somebody created, changed, cleared or removed a stream or a managed subscription, or changed a client's streams.</summary>
    Manage,
}
