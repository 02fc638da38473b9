namespace AkkaSse.Hub;

/// <summary>What happens to a reader whose cursor has fallen off the retained log.</summary>
public enum SlowReaderPolicy
{
    /// <summary>Jump to the oldest retained event and name the gap (<c>hub.gap</c>, reason <c>lagged</c>).</summary>
    Skip,

    /// <summary>End the connection; the client resumes by its last event id.</summary>
    Disconnect,

    /// <summary>
    /// Deliver the newest event of every key among the missed ones, after a gap with reason <c>conflated</c>, then go on live.
    /// </summary>
    Conflate,

    /// <summary>
    /// An append waits until this node's readers are within <see cref="StreamOptions.WaitBound"/>, for at most
    /// <see cref="HubOptions.PublishTimeout"/>, so that no reader misses events. In-process engine only.
    /// </summary>
    Wait,
}

/// <summary>Who chooses the ids that a reader of one stream sees.</summary>
public enum StreamIds
{
    /// <summary>The hub: <c>offset-epoch</c>. A publisher's id travels in the field <c>eid</c>.</summary>
    Hub,

    /// <summary>The publisher, where it gives one; resume looks it up among the retained events, the latest wins.</summary>
    Caller,
}

/// <summary>The options of one stream. Immutable; replaced as a whole at run time. Thread-safe.</summary>
/// <remarks>
/// A stream retains an event while each of <see cref="MaxEvents"/>, <see cref="MaxBytes"/> and <see cref="MaxAge"/> allows it.
/// </remarks>
public sealed record StreamOptions
{
    /// <summary>
    /// Whether the stream keeps a log from which readers resume. Default true. False makes a live-only stream: a reader gets nothing that
    /// was published before it came, and the log is a flush buffer of 1 MiB or 1 024 events, the larger of both.
    /// </summary>
    public bool Replay { get; init; } = true;

    /// <summary>The largest number of retained events. 1 to 100 000 000. Default 100 000.</summary>
    public long MaxEvents { get; init; } = 100_000;

    /// <summary>The largest size of the retained events, encoded. Bytes. 1 KiB to 1 TiB. Default 64 MiB.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>The largest age of a retained event. 1 s to 10 000 d. Default 24 h.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// The largest age at which an event is delivered. More than 0 up to 10 000 d, or null. Default null: no limit. The ttl of an event
    /// wins over it.
    /// </summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>What happens to a reader whose next event is no longer retained. Default <see cref="SlowReaderPolicy.Skip"/>.</summary>
    public SlowReaderPolicy SlowReader { get; init; } = SlowReaderPolicy.Skip;

    /// <summary>
    /// With <see cref="SlowReaderPolicy.Wait"/>: the number of events that a reader may be behind. 1 to 1 000 000, and at most
    /// <see cref="MaxEvents"/>. Default 1 024.
    /// </summary>
    public int WaitBound { get; init; } = 1_024;

    /// <summary>
    /// With <see cref="SlowReaderPolicy.Conflate"/>: the largest number of keys. 1 to 1 000 000. Default 10 000. The stream drops the key
    /// that was written least recently.
    /// </summary>
    public int ConflateMaxKeys { get; init; } = 10_000;

    /// <summary>
    /// With <see cref="SlowReaderPolicy.Conflate"/>: the largest size of the newest events of all keys, encoded. Bytes. 1 KiB to 1 GiB.
    /// Default 16 MiB.
    /// </summary>
    public long ConflateMaxBytes { get; init; } = 16L << 20;

    /// <summary>Who chooses the ids that a reader of this stream sees. Default <see cref="StreamIds.Hub"/>.</summary>
    public StreamIds Ids { get; init; } = StreamIds.Hub;

    /// <summary>
    /// Whether the hub encodes the data of each event as base64 at publish. Default false. Set it for data that are not UTF-8.
    /// </summary>
    public bool Base64 { get; init; }

    /// <summary>The largest number of readers of this stream on one node. At least 1, or null. Default null: no limit.</summary>
    public int? MaxSubscribers { get; init; }

    /// <summary>
    /// The time after which the hub removes a stream that a publish created and that has neither readers nor retained events. 1 s to
    /// 10 000 d, or null for never. Default 5 min.
    /// </summary>
    public TimeSpan? IdleRemoval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Options for streams that carry messages rather than history: at most 1 000 events of at most 1 min, removed after 2 min. Each call
    /// returns a new instance, because configuration is bound into it.
    /// </summary>
    public static StreamOptions Ephemeral =>
        new() { MaxEvents = 1_000, MaxAge = TimeSpan.FromSeconds(60), IdleRemoval = TimeSpan.FromMinutes(2) };

    /// <summary>
    /// Lists every fault as one sentence that begins with the name of the property and says what is wrong and what is allowed; empty when
    /// the options are valid.
    /// </summary>
    public IEnumerable<string> Validate()
    {
        if (MaxEvents is < 1 or > 100_000_000) yield return $"{nameof(MaxEvents)} is {MaxEvents}; 1 to 100000000 are allowed.";
        if (MaxBytes is < 1024 or > 1L << 40) yield return $"{nameof(MaxBytes)} is {MaxBytes}; 1024 to {1L << 40} are allowed.";
        if (MaxAge < TimeSpan.FromSeconds(1) || MaxAge.TotalDays > 10_000)
            yield return $"{nameof(MaxAge)} is {Durations.Format(MaxAge)}; 1s to 10000d are allowed.";
        if (Ttl is { } ttl && (ttl <= TimeSpan.Zero || ttl.TotalDays > 10_000))
            yield return $"{nameof(Ttl)} is {Durations.Format(ttl)}; more than 0 up to 10000d are allowed, or null.";
        if (!Enum.IsDefined(SlowReader))
            yield return $"{nameof(SlowReader)} is {(int)SlowReader}; skip, disconnect, conflate and wait are allowed.";
        if (!Enum.IsDefined(Ids)) yield return $"{nameof(Ids)} is {(int)Ids}; hub and caller are allowed.";
        if (WaitBound is < 1 or > 1_000_000) yield return $"{nameof(WaitBound)} is {WaitBound}; 1 to 1000000 are allowed.";
        if (SlowReader == SlowReaderPolicy.Wait && Replay && WaitBound > MaxEvents)
            yield return $"{nameof(WaitBound)} is {WaitBound}; with the policy wait it may not exceed {nameof(MaxEvents)} ({MaxEvents}).";
        if (ConflateMaxKeys is < 1 or > 1_000_000)
            yield return $"{nameof(ConflateMaxKeys)} is {ConflateMaxKeys}; 1 to 1000000 are allowed.";
        if (ConflateMaxBytes is < 1024 or > 1L << 30)
            yield return $"{nameof(ConflateMaxBytes)} is {ConflateMaxBytes}; 1024 to {1L << 30} are allowed.";
        if (MaxSubscribers is < 1) yield return $"{nameof(MaxSubscribers)} is {MaxSubscribers}; 1 or more are allowed, or null.";
        if (IdleRemoval is { } idle && (idle < TimeSpan.FromSeconds(1) || idle.TotalDays > 10_000))
            yield return $"{nameof(IdleRemoval)} is {Durations.Format(idle)}; 1s to 10000d are allowed, or null.";
    }
}
