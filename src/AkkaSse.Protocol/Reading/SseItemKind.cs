namespace AkkaSse.Protocol;

/// <summary>The kinds of <see cref="SseItem"/>.</summary>
public enum SseItemKind
{
    /// <summary>An event, complete with its blank line.</summary>
    Event,

    /// <summary>A comment line.</summary>
    Comment,

    /// <summary>A valid <c>retry</c> line; reported as soon as the line is complete.</summary>
    Retry,

    /// <summary>A line or event over its bound; the rest of that event is skipped and the next one is read.</summary>
    Error,
}
