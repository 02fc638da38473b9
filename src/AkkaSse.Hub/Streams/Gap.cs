namespace AkkaSse.Hub.Streams;

/// <summary>Why events are missing; the word that <c>hub.gap</c> carries.</summary>
internal enum GapReason
{
    Trimmed,
    Cleared,
    EpochChanged,
    UnknownId,
    Lagged,
    Conflated,
}

/// <summary>Events that a reader missed: first and last missing offset, inclusive, null when unknown.</summary>
internal sealed record Gap(GapReason Reason, string Epoch, long? From, long? To, string? PreviousEpoch = null)
{
    internal string Word => WordOf(Reason);

    internal static string WordOf(GapReason reason) => reason switch
    {
        GapReason.Trimmed => "trimmed",
        GapReason.Cleared => "cleared",
        GapReason.EpochChanged => "epoch-changed",
        GapReason.UnknownId => "unknown-id",
        GapReason.Lagged => "lagged",
        _ => "conflated",
    };
}
