namespace AkkaSse.Hub;

/// <summary>What happens to a reader whose cursor has fallen off the retained log.</summary>
public enum SlowReaderPolicy
{
    /// <summary>Jump to the oldest retained event and name the gap (<c>hub.gap</c>, reason <c>lagged</c>).</summary>
    Skip,

    /// <summary>End the connection; the client resumes by its last event id.</summary>
    Disconnect,

    /// <summary>Deliver the newest event of every key among the missed ones, after a gap with reason <c>conflated</c>, then go on live.</summary>
    Conflate,

    /// <summary>Nobody falls off: an append waits until this node's readers are within <see cref="StreamOptions.WaitBound"/>, at most the publish timeout. In-process engine only.</summary>
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

/// <summary>The options of one stream. Immutable; replaced as a whole at run time.</summary>
/// <remarks>The first group is retention: an event is retained while none of its bounds says otherwise.</remarks>
public sealed record StreamOptions
{
    /// <summary>False for a live-only stream: late joiners get nothing old, and the log is only a flush buffer of 1 MiB or 1 024 events, whichever is larger. Default true.</summary>
    public bool Replay { get; init; } = true;

    /// <summary>At most so many events, 1 to 100 000 000. Default 100 000.</summary>
    public long MaxEvents { get; init; } = 100_000;

    /// <summary>At most so many bytes of encoded frames, 1 KiB to 1 TiB. Default 64 MiB.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>At most so old, 1 s to 10 000 days. Default 24 h.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Events older than this when their turn comes are not delivered; null for no limit. An event's own ttl wins. Default null.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Default <see cref="SlowReaderPolicy.Skip"/>.</summary>
    public SlowReaderPolicy SlowReader { get; init; } = SlowReaderPolicy.Skip;

    /// <summary>With <see cref="SlowReaderPolicy.Wait"/>: how many events a reader may be behind, 1 to 1 000 000. Default 1 024.</summary>
    public int WaitBound { get; init; } = 1_024;

    /// <summary>With <see cref="SlowReaderPolicy.Conflate"/>: at most so many keys are kept, 1 to 1 000 000. The key least recently written goes first. Default 10 000.</summary>
    public int ConflateMaxKeys { get; init; } = 10_000;

    /// <summary>With <see cref="SlowReaderPolicy.Conflate"/>: at most so many bytes of frames are kept, 1 KiB to 1 GiB. Default 16 MiB.</summary>
    public long ConflateMaxBytes { get; init; } = 16L << 20;

    /// <summary>Default <see cref="StreamIds.Hub"/>.</summary>
    public StreamIds Ids { get; init; } = StreamIds.Hub;

    /// <summary>Encode the data of each event as base64 at publish, for data that are not UTF-8. Default false.</summary>
    public bool Base64 { get; init; }

    /// <summary>At most so many readers of this stream on a node; null for no limit. Default null.</summary>
    public int? MaxSubscribers { get; init; }

    /// <summary>An automatically created stream without readers and without retained events is removed after this time; null for never. Default 5 min.</summary>
    public TimeSpan? IdleRemoval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The options of the engine streams behind zones and broadcasts: 60 s, 1 000 events.</summary>
    public static StreamOptions Ephemeral { get; } = new() { MaxEvents = 1_000, MaxAge = TimeSpan.FromSeconds(60), IdleRemoval = TimeSpan.FromMinutes(2) };

    /// <summary>Lists every fault as "property: what is wrong and what is allowed"; empty when the options are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (MaxEvents is < 1 or > 100_000_000) yield return $"{nameof(MaxEvents)} is {MaxEvents}; 1 to 100000000 are allowed.";
        if (MaxBytes is < 1024 or > 1L << 40) yield return $"{nameof(MaxBytes)} is {MaxBytes}; 1024 to {1L << 40} are allowed.";
        if (MaxAge < TimeSpan.FromSeconds(1) || MaxAge.TotalDays > 10_000) yield return $"{nameof(MaxAge)} is {Durations.Format(MaxAge)}; 1s to 10000d are allowed.";
        if (Ttl is { } ttl && (ttl <= TimeSpan.Zero || ttl.TotalDays > 10_000)) yield return $"{nameof(Ttl)} is {Durations.Format(ttl)}; more than 0 up to 10000d are allowed, or null.";
        if (!Enum.IsDefined(SlowReader)) yield return $"{nameof(SlowReader)} is {(int)SlowReader}; skip, disconnect, conflate and wait are allowed.";
        if (!Enum.IsDefined(Ids)) yield return $"{nameof(Ids)} is {(int)Ids}; hub and caller are allowed.";
        if (WaitBound is < 1 or > 1_000_000) yield return $"{nameof(WaitBound)} is {WaitBound}; 1 to 1000000 are allowed.";
        if (SlowReader == SlowReaderPolicy.Wait && Replay && WaitBound > MaxEvents) yield return $"{nameof(WaitBound)} is {WaitBound}; with the policy wait it may not exceed {nameof(MaxEvents)} ({MaxEvents}).";
        if (ConflateMaxKeys is < 1 or > 1_000_000) yield return $"{nameof(ConflateMaxKeys)} is {ConflateMaxKeys}; 1 to 1000000 are allowed.";
        if (ConflateMaxBytes is < 1024 or > 1L << 30) yield return $"{nameof(ConflateMaxBytes)} is {ConflateMaxBytes}; 1024 to {1L << 30} are allowed.";
        if (MaxSubscribers is < 1) yield return $"{nameof(MaxSubscribers)} is {MaxSubscribers}; 1 or more are allowed, or null.";
        if (IdleRemoval is { } idle && (idle < TimeSpan.FromSeconds(1) || idle.TotalDays > 10_000)) yield return $"{nameof(IdleRemoval)} is {Durations.Format(idle)}; 1s to 10000d are allowed, or null.";
    }
}
