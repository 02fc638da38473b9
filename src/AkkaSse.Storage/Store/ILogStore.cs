namespace AkkaSse.Storage.Store;

/// <summary>What is known of a log when the store is opened.</summary>
/// <param name="Log">Its number; never used for another one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Meta">What its owner keeps of it.</param>
internal readonly record struct StoredLog(long Log, string Name, byte[] Meta)
{
    /// <summary>The oldest run; null when there is none, or it cannot be read.</summary>
    internal RunHeader? Oldest { get; init; }

    /// <summary>The newest run whose checksum holds; null when there is none.</summary>
    internal RunHeader? Newest { get; init; }

    /// <summary>True when a run behind <see cref="Newest"/> is damaged: what the log had there cannot be proven.</summary>
    internal bool IsTailDamaged { get; init; }
}

/// <summary>
/// A directory with logs, for the engine of one process and for the replicas of a cluster.
/// </summary>
/// <remarks>
/// <para>
/// <b>Order.</b> <see cref="Commit"/> is called by one thread at a time; what a commit says is there as a whole or not at all, and never
/// without the commits before it. Reads may come from any thread at the same time, and see what was committed.
/// </para>
/// <para>
/// <b>Durability.</b> What <see cref="Commit"/> returned from survives what the sync policy says. A commit that throws is not there, unless
/// <see cref="StoreException.OutcomeUnknown"/>.
/// </para>
/// <para>
/// <b>Proof.</b> <see cref="Doubt"/> says whether what is there can be everything that was ever committed. A store never returns other
/// bytes than those that were written: a run that fails its checksum comes without data.
/// </para>
/// </remarks>
internal interface ILogStore : IDisposable
{
    /// <summary>Why what is here may be less than what was committed, as a part of a sentence; null when nothing can be missing.</summary>
    string? Doubt { get; }

    /// <summary>From now on what is here counts as everything. Called when all logs have begun new epochs.</summary>
    void Accept();

    /// <summary>All logs whose row can be read, and the number of those that cannot.</summary>
    IEnumerable<StoredLog> Logs();

    /// <summary>All records that can be read.</summary>
    IEnumerable<StoredRecord> Records();

    /// <summary>The greatest number of a log; new ones take greater ones.</summary>
    long LastLog { get; }

    /// <summary>How many rows were passed over because their checksum does not hold.</summary>
    int Damaged { get; }

    /// <summary>Makes changes durable.</summary>
    /// <exception cref="StoreException">It could not.</exception>
    void Commit(StoreBatch batch);

    /// <summary>Runs of a log from the one on that contains an offset, or the first after it, up to so many bytes; at least one.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    List<StoredRun> Read(long log, long from, long to, int maxBytes);

    /// <summary>Headers of at most so many runs, from the one on that contains an offset, or the first after it.</summary>
    /// <exception cref="StoreException">They cannot be read.</exception>
    List<RunHeader> Headers(long log, long from, int most);

    /// <summary>Where an id of a publisher was put last; null when it is not there.</summary>
    /// <exception cref="StoreException">It cannot be read.</exception>
    long? FindId(long log, string id);

    /// <summary>Bytes of the directory's files.</summary>
    long SizeBytes { get; }
}
