namespace AkkaSse.AkkaStreams;

/// <summary>How <see cref="SseHubFlow"/> publishes. Immutable; checked when a flow is made.</summary>
public sealed record PublishFlowOptions
{
    /// <summary>
    /// At most so many elements are handed to the hub and not answered, 1 to 1 000. They are one call, the run, of at most 128 KiB; what
    /// arrives meanwhile, at most as many again, is the next one. One run at a time, so that none can overtake one that is repeated.
    /// Default 100: where a call takes 5 ms that is 20 000 events a second in place of 200, and where it takes none it is as fast. 1 where
    /// nothing may be on the stream that comes after a refused element.
    /// </summary>
    public int MaxInFlight { get; init; } = 100;

    /// <summary>
    /// The pause before the first repetition of an element that was certainly not appended, or perhaps; it doubles each time. 1 ms to
    /// <see cref="MaxBackoff"/>. Default 100 ms.
    /// </summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause, up to 1 min. Default 3 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Pauses are longer by a random part of this share, 0 to 1, so that many flows do not come back at once. Default 0.2.
    /// </summary>
    public double RandomFactor { get; init; } = 0.2;

    /// <summary>
    /// For how long a run is repeated before it fails, 0 (never repeat) to 5 min, the shortest time for which engines keep idempotency
    /// keys. Default 1 min: longer than any engine needs to give a stream another owner (10 to 12 s).
    /// </summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The clock of the pauses; the system's by default.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Lists every fault as "property: what is wrong and what is allowed"; empty when the options are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (MaxInFlight is < 1 or > 1_000) yield return $"{nameof(MaxInFlight)} is {MaxInFlight}; 1 to 1000 are allowed.";
        if (MaxBackoff < TimeSpan.FromMilliseconds(1) || MaxBackoff > TimeSpan.FromMinutes(1))
            yield return $"{nameof(MaxBackoff)} is {MaxBackoff.TotalMilliseconds} ms; 1 to 60000 are allowed.";
        if (MinBackoff < TimeSpan.FromMilliseconds(1) || MinBackoff > MaxBackoff)
            yield return $"{nameof(MinBackoff)} is {MinBackoff.TotalMilliseconds} ms; " +
                $"1 to {nameof(MaxBackoff)} ({MaxBackoff.TotalMilliseconds}) are allowed.";
        if (!(RandomFactor is >= 0 and <= 1)) yield return $"{nameof(RandomFactor)} is {RandomFactor}; 0 to 1 are allowed.";
        if (RetryFor < TimeSpan.Zero || RetryFor > TimeSpan.FromMinutes(5))
            yield return $"{nameof(RetryFor)} is {RetryFor.TotalSeconds} s; 0 to 300 are allowed.";
        if (Time is null)
            yield return $"{nameof(Time)} is null; a clock is needed, like {nameof(TimeProvider)}.{nameof(TimeProvider.System)}.";
    }

    internal PublishFlowOptions Checked()
    {
        var faults = Validate().ToArray();
        return faults.Length == 0 ? this : throw new ArgumentException("The options of the flow are invalid. " + string.Join(' ', faults));
    }
}
