namespace AkkaSse.Hub;

/// <summary>Where a node is in its life.</summary>
public enum HubPhase
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Serves.</summary>
    Running,

    /// <summary>Refuses newcomers; readers were told to go elsewhere.</summary>
    Draining,

    /// <summary>Ended.</summary>
    Stopped,
}
