using AkkaSse.Hub;

namespace AkkaSse.AkkaStreams.Publishing;

/// <summary>What an answer of the hub means for an element.</summary>
internal enum Verdict
{
    /// <summary>It is on the stream.</summary>
    Acknowledged,

    /// <summary>It is handed to the hub again.</summary>
    Repeat,

    /// <summary>It is not acknowledged, and handing it again would change nothing or might append it twice.</summary>
    Refused,
}

/// <summary>Decides what is repeated. Pure.</summary>
internal static class Verdicts
{
    internal static Verdict Of(PublishStatus status, bool hasKey) => status switch
    {
        PublishStatus.Accepted => Verdict.Acknowledged,
        // Certainly not appended, and may be later: the engine comes back, readers catch up, keys run out, a disk has room again.
        PublishStatus.Unavailable or PublishStatus.Full or PublishStatus.KeyTableFull or PublishStatus.StorageFull => Verdict.Repeat,
        PublishStatus.OutcomeUnknown when hasKey => Verdict.Repeat,
        _ => Verdict.Refused,
    };

    /// <summary>The pause before a repetition: doubled each time, with a random part on top.</summary>
    /// <param name="options">The bounds.</param>
    /// <param name="repeated">How often it was repeated before.</param>
    /// <param name="random">0 to 1.</param>
    internal static TimeSpan Pause(PublishFlowOptions options, int repeated, double random) =>
        Min(options.MinBackoff * Math.Pow(2, Math.Min(repeated, 30)), options.MaxBackoff) * (1 + (options.RandomFactor * random));

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
