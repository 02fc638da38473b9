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
    Kicked,

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

    /// <summary>The credential that it came with has ended.</summary>
    CredentialExpired,

    /// <summary>The credential that it came with was withdrawn.</summary>
    Revoked,
}
