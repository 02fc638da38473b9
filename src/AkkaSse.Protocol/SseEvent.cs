using System.Globalization;
using System.Text;

namespace AkkaSse.Protocol;

/// <summary>
/// One server-sent event: what a publisher hands in and what a reader gets out.
/// </summary>
/// <remarks>
/// Immutable and thread-safe; publishing never changes it. The data is text (<see cref="Data"/>) or UTF-8 bytes (<see cref="DataBytes"/>);
/// whichever was given, both can be read, and of two the one set last counts. Absent data (both null) and empty data ("") are different
/// things: WHATWG HTML section 9.2.6 dispatches the second and not the first.
/// </remarks>
public sealed class SseEvent
{
    private readonly ReadOnlyMemory<byte>? _given;

    // Filled on first use. Single references, so that a concurrent reader sees either null or the whole value.
    private string? _text;
    private byte[]? _encoded;

    /// <summary>Creates an event; set its parts with an object initialiser.</summary>
    public SseEvent()
    {
    }

    /// <summary>Copies an event, for an object initialiser that changes some of its parts. The data is shared, not copied.</summary>
    /// <param name="original">The event to copy; it is not changed.</param>
    /// <exception cref="ArgumentNullException"><paramref name="original"/> is null.</exception>
    public SseEvent(SseEvent original)
    {
        ArgumentNullException.ThrowIfNull(original);
        Type = original.Type;
        Id = original.Id;
        Retry = original.Retry;
        Comment = original.Comment;
        Fields = original.Fields;
        LastEventId = original.LastEventId;
        _given = original._given;
        _text = original._text;
        _encoded = original._encoded;
    }

    /// <summary>The event's type (<c>event:</c>), or null when it has none; browsers then call it <c>message</c>.</summary>
    /// <remarks>The empty string means none, as in WHATWG HTML section 9.2.6, and writes no line.</remarks>
    public string? Type { get; init; }

    /// <summary>
    /// The event's own id (<c>id:</c>). Null writes no id line; the empty string writes the line that resets the reader's last event id.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The data as text, or null when the event has none. Lines may end in CRLF, CR or LF; a reader sees LF.</summary>
    public string? Data
    {
        get => _text ?? (_given is { } bytes ? _text = Encoding.UTF8.GetString(bytes.Span) : null);
        init
        {
            _text = value;
            _encoded = null;
            if (value is not null)
            {
                _given = null;
            }
        }
    }

    /// <summary>The data as UTF-8 bytes, or null when the event has none. The memory must not change while the event is in use.</summary>
    public ReadOnlyMemory<byte>? DataBytes
    {
        get => _given ?? (_text is { } text ? (ReadOnlyMemory<byte>?)(_encoded ??= Encoding.UTF8.GetBytes(text)) : null);
        init
        {
            _given = value;
            _encoded = null;
            if (value is not null)
            {
                _text = null;
            }
        }
    }

    /// <summary>True when the event carries data, the empty string included.</summary>
    public bool HasData => _text is not null || _given is not null;

    /// <summary>The data as text when there are no bytes of it yet; lets the encoder transcode without an intermediate array.</summary>
    internal string? TextOnly => _given is null && _encoded is null ? _text : null;

    /// <summary>The reconnection time the event asks for (<c>retry:</c>), in whole milliseconds on the wire; null for none.</summary>
    public TimeSpan? Retry { get; init; }

    /// <summary>A comment written before the event, one <c>:</c> line per line; null for none.</summary>
    /// <remarks>On a received event always null: a reader gets comments as items of their own, in the order of the wire.</remarks>
    public string? Comment { get; init; }

    /// <summary>
    /// Fields outside the specification, in order; empty when there are none. Names are ASCII letters, digits, <c>-</c> and <c>_</c>.
    /// </summary>
    /// <remarks>On a received event: every such line, repeated ones too, with the names the sender chose.</remarks>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyList<KeyValuePair<string, string>> Fields
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = [];

    /// <summary>
    /// On a received event: the last event id string in force when it was dispatched (WHATWG HTML section 9.2.6); otherwise empty.
    /// </summary>
    public string LastEventId { get; init; } = "";

    /// <summary><see cref="Id"/> as a number, or 0 when it is absent, not a decimal number, or does not fit.</summary>
    public long IdAsInt64 => long.TryParse(Id, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
}
