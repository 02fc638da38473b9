namespace AkkaSse.Protocol;

/// <summary>The bounds of an <see cref="SseParser"/>.</summary>
public enum SseLimit
{
    /// <summary><see cref="SseParserOptions.MaxLineBytes"/>.</summary>
    Line,

    /// <summary><see cref="SseParserOptions.MaxEventBytes"/>.</summary>
    Event,
}

/// <summary>
/// A line or an event was larger than allowed. Reported once per event; that event is dropped, its id still counts when the id's own
/// line was within bounds, so that a reader coming back is not sent the same event again for ever.
/// </summary>
/// <param name="Limit">Which bound.</param>
/// <param name="LimitBytes">The bound, in bytes.</param>
/// <param name="BytesSeen">How many bytes had been counted when the bound was passed; the whole may be larger.</param>
public sealed record SseLimitExceeded(SseLimit Limit, int LimitBytes, long BytesSeen)
{
    /// <summary>The fault as a sentence.</summary>
    public string Message => Limit == SseLimit.Line
        ? $"A line of the event stream is longer than {LimitBytes} bytes; its event was skipped."
        : $"An event is larger than {LimitBytes} bytes ({BytesSeen} seen); it was skipped.";
}
