using AkkaSse.Hub;

namespace AkkaSse.Storage;

/// <summary>
/// The options of <see cref="StorageEngine"/>. The engine reads them once, at its start; <see cref="Validate"/> checks every range.
/// </summary>
/// <remarks>Not thread-safe; not to be changed after the start.</remarks>
public sealed class StorageOptions
{
    /// <summary>
    /// The directory in which the streams are kept. Default empty, which is a fault. It is made when it does not exist, and belongs to one
    /// process at a time. It lies on a disk of this machine: on a network file system the guarantees of <see cref="Sync"/> are those of the
    /// file system.
    /// </summary>
    public string Directory { get; set; } = "";

    /// <summary>When what was stored is forced to the disk. Default <see cref="StorageSync.Always"/>.</summary>
    public StorageSync Sync { get; set; } = StorageSync.Always;

    /// <summary>With <see cref="StorageSync.Interval"/>: the time between two syncs. 1 ms to 1 min. Default 200 ms.</summary>
    public TimeSpan SyncInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The largest size of cached history pages, for readers that catch up. Bytes. 1 MiB to 64 GiB. Default 64 MiB.</summary>
    public long HistoryCacheBytes { get; set; } = 64L << 20;

    /// <summary>
    /// The largest size of publishes that wait for the disk. Bytes of their events. 1 MiB to 4 GiB. Default 64 MiB. What comes beyond is
    /// refused (503).
    /// </summary>
    public long MaxPendingBytes { get; set; } = 64L << 20;

    /// <summary>
    /// Lists every fault as one sentence that begins with the name of the property and says what is wrong and what is allowed; empty when
    /// the options are valid.
    /// </summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(Directory)) yield return $"{nameof(Directory)} is empty; the path of a directory is needed.";
        if (!Enum.IsDefined(Sync)) yield return $"{nameof(Sync)} is {(int)Sync}; always, interval and os are allowed.";
        if (SyncInterval.TotalMilliseconds is < 1 or > 60_000)
            yield return $"{nameof(SyncInterval)} is {Durations.Format(SyncInterval)}; 1ms to 1m are allowed.";
        if (HistoryCacheBytes is < 1 << 20 or > 64L << 30)
            yield return $"{nameof(HistoryCacheBytes)} is {HistoryCacheBytes}; {1 << 20} to {64L << 30} are allowed.";
        if (MaxPendingBytes is < 1 << 20 or > 4L << 30)
            yield return $"{nameof(MaxPendingBytes)} is {MaxPendingBytes}; {1 << 20} to {4L << 30} are allowed.";
    }

    internal void ThrowIfInvalid(string parameter)
    {
        var faults = Validate().ToArray();
        if (faults.Length > 0)
            throw new ArgumentException("The options of the storage are invalid. " + string.Join(' ', faults), parameter);
    }
}
