namespace AkkaSse.Hub;

/// <summary>Why a connection ended.</summary>
public enum CloseReason
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The client went away.</summary>
    ClientGone,

    /// <summary>A stream it read was removed and none was left.</summary>
    Removed,

    /// <summary>It did not take what was written to it (write timeout and tolerance, or the policy disconnect).</summary>
    SlowClient,

    /// <summary>Another connection took its id.</summary>
    Replaced,

    /// <summary>Somebody disconnected it.</summary>
    Disconnected,

    /// <summary>The hub stops.</summary>
    Shutdown,

    /// <summary>Writing failed.</summary>
    WriteError,

    /// <summary>Its maximum lifetime was over.</summary>
    Lifetime,

    /// <summary>Its node could not renew its lease.</summary>
    LeaseLost,

    /// <summary>A fault inside the hub; it was logged.</summary>
    Fault,

    /// <summary>Nobody could say where the connection starts; it had waited for that since its head went out.</summary>
    Unavailable,

    /// <summary>Its id is in use, which was known only after its head had gone out.</summary>
    ClientInUse,

    /// <summary>A limit is reached, which was known only after its head had gone out.</summary>
    LimitReached,

    /// <summary>What it wants to read does not exist, which was known only after its head had gone out.</summary>
    NotFound,

    /// <summary>The credential that it came with has ended.</summary>
    CredentialExpired,

    /// <summary>The credential that it came with was withdrawn.</summary>
    Revoked,
}
