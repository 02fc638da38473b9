namespace AkkaSse.Hub;

/// <summary>
/// The options of a namespace: of all streams whose names begin with its prefix, and with no longer prefix of another namespace.
/// </summary>
/// <remarks>Not thread-safe; not to be changed after the start.</remarks>
public sealed class NamespaceOptions
{
    /// <summary>
    /// The options of a stream of the namespace that is created without options of its own. They are also the most that a stream of the
    /// namespace may be given of <see cref="StreamOptions.MaxEvents"/>, <see cref="StreamOptions.MaxBytes"/>,
    /// <see cref="StreamOptions.MaxAge"/>, <see cref="StreamOptions.MaxSubscribers"/>, <see cref="StreamOptions.ConflateMaxKeys"/> and
    /// <see cref="StreamOptions.ConflateMaxBytes"/>. Default: <see cref="HubOptions.StreamDefaults"/>.
    /// </summary>
    public StreamOptions? StreamDefaults { get; set; }

    /// <summary>
    /// The largest number of streams of the namespace in this engine. 1 to 10 000 000, or null. Default null: no limit of its own. They
    /// count towards <see cref="HubOptions.MaxStreams"/> too.
    /// </summary>
    public int? MaxStreams { get; set; }

    /// <summary>
    /// The largest number of readers of all streams of the namespace together on one node; a connection counts once for each stream that it
    /// reads. At least 1, or null. Default null: no limit of its own. The hub refuses further readers and keeps those that it has.
    /// </summary>
    public int? MaxReaders { get; set; }

    /// <summary>
    /// The largest size of all logs of the namespace together on one node. Bytes. At least 1 MiB, or null. Default null: no bound of its
    /// own. Beyond it the hub trims the largest logs of the namespace; a namespace that is within it keeps its logs while
    /// <see cref="HubOptions.MaxLogBytes"/> can be kept by trimming others.
    /// </summary>
    public long? MaxLogBytes { get; set; }

    /// <summary>
    /// Lists every fault as one sentence that begins with the name of the property and says what is wrong and what is allowed; empty when
    /// the options are valid.
    /// </summary>
    public IEnumerable<string> Validate()
    {
        foreach (var fault in StreamDefaults?.Validate() ?? []) yield return $"{nameof(StreamDefaults)}.{fault}";
        if (MaxStreams is < 1 or > 10_000_000) yield return $"{nameof(MaxStreams)} is {MaxStreams}; 1 to 10000000 are allowed, or null.";
        if (MaxReaders is < 1) yield return $"{nameof(MaxReaders)} is {MaxReaders}; at least 1 is needed, or null.";
        if (MaxLogBytes is < 1 << 20) yield return $"{nameof(MaxLogBytes)} is {MaxLogBytes}; at least {1 << 20} is needed, or null.";
    }
}
