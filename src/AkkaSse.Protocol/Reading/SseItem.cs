namespace AkkaSse.Protocol;

/// <summary>What an <see cref="SseParser"/> found next in the stream. Immutable.</summary>
public readonly struct SseItem
{
    private readonly object? _value;
    private readonly TimeSpan _retry;

    private SseItem(SseItemKind kind, object? value, TimeSpan retry = default)
    {
        Kind = kind;
        _value = value;
        _retry = retry;
    }

    /// <summary>Which of the other properties is set.</summary>
    public SseItemKind Kind { get; }

    /// <summary>The event, when <see cref="Kind"/> is <see cref="SseItemKind.Event"/>; else null.</summary>
    public SseEvent? Event => _value as SseEvent;

    /// <summary>
    /// One comment line without its colon and one space after it, when <see cref="Kind"/> is <see cref="SseItemKind.Comment"/>; else null.
    /// </summary>
    public string? Comment => _value as string;

    /// <summary>
    /// The reconnection time, at most <see cref="SseParserOptions.MaxRetry"/>, when <see cref="Kind"/> is <see cref="SseItemKind.Retry"/>;
    /// else null.
    /// </summary>
    public TimeSpan? Retry => Kind == SseItemKind.Retry ? _retry : null;

    /// <summary>The bound that was passed, when <see cref="Kind"/> is <see cref="SseItemKind.Error"/>; else null.</summary>
    public SseLimitExceeded? Error => _value as SseLimitExceeded;

    internal static SseItem Of(SseEvent e) => new(SseItemKind.Event, e);

    internal static SseItem Of(string comment) => new(SseItemKind.Comment, comment);

    internal static SseItem Of(TimeSpan retry) => new(SseItemKind.Retry, null, retry);

    internal static SseItem Of(SseLimitExceeded error) => new(SseItemKind.Error, error);
}
