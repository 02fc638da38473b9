namespace AkkaSse.Storage;

/// <summary>When what was stored is forced to the disk.</summary>
public enum StorageSync
{
    /// <summary>Before each commit is answered: what was acknowledged survives a power cut. Publishes that wait at the same time share a
    /// commit.</summary>
    Always,

    /// <summary>
    /// Once in each <see cref="StorageOptions.SyncInterval"/>: what was acknowledged survives the process; a crash of the machine loses at
    /// most what was acknowledged in the last interval, and begins new epochs.
    /// </summary>
    Interval,

    /// <summary>When the operating system does it: what was acknowledged survives the process; a crash of the machine may lose what was
    /// acknowledged in the last half minute or so, and begins new epochs.</summary>
    Os,
}
