namespace AkkaSse.Hub;

/// <summary>How complete a page of history is.</summary>
public enum HistoryState
{
    /// <summary>It ends at the head.</summary>
    Complete,

    /// <summary>There is more after it.</summary>
    More,

    /// <summary>Events between the asked position and its first are gone; otherwise as <see cref="More"/>.</summary>
    Trimmed,

    /// <summary>The asked position is of another epoch; the page begins at the oldest retained event.</summary>
    EpochChanged,

    /// <summary>The stream does not exist.</summary>
    NoStream,

    /// <summary>Nobody can say now: the engine is away, or the stream has no owner that can be reached.</summary>
    Unavailable,
}
