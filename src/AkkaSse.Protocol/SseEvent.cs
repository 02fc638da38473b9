using System.Text;

namespace AkkaSse.Protocol;

/// <summary>
/// One server-sent event: what a publisher hands in and what a reader gets out.
/// </summary>
/// <remarks>
/// Immutable and thread-safe; publishing never changes it. The data is text (<see cref="Data"/>) or UTF-8 bytes (<see cref="DataBytes"/>);
/// whichever was given, both can be read. Absent data (both null) and empty data ("") are different things:
/// WHATWG HTML section 9.2.6 dispatches the second and not the first.
/// </remarks>
public sealed class SseEvent
{
    private string? _data;
    private ReadOnlyMemory<byte>? _bytes;

    /// <summary>The event's type (<c>event:</c>), or null when it has none; browsers then call it <c>message</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The event's own id (<c>id:</c>). Null writes no id line; the empty string writes the line that resets the reader's last event id.</summary>
    public string? Id { get; init; }

    /// <summary>The data as text, or null when the event has none. Lines may end in CRLF, CR or LF; a reader sees LF.</summary>
    public string? Data
    {
        get => _data ?? (_bytes is { } b ? _data = Encoding.UTF8.GetString(b.Span) : null);
        init => _data = value;
    }

    /// <summary>The data as UTF-8 bytes, or null when the event has none. The memory must not change while the event is in use.</summary>
    public ReadOnlyMemory<byte>? DataBytes
    {
        get => _bytes ?? (_data is { } s ? _bytes = Encoding.UTF8.GetBytes(s) : null);
        init => _bytes = value;
    }

    /// <summary>True when the event carries data, the empty string included.</summary>
    public bool HasData => _data is not null || _bytes is not null;

    /// <summary>True when the data is held as text and has not been encoded yet; lets an encoder transcode without an intermediate array.</summary>
    internal string? TextOnly => _bytes is null ? _data : null;

    /// <summary>The reconnection time the event asks for (<c>retry:</c>), in whole milliseconds on the wire; null for none.</summary>
    public TimeSpan? Retry { get; init; }

    /// <summary>A comment written before the event, one <c>:</c> line per line; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>Fields outside the specification, in order; empty when there are none. Names are ASCII letters, digits, <c>-</c> and <c>_</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>On a received event: the last event id string in force when it was dispatched (WHATWG HTML section 9.2.6); otherwise empty.</summary>
    public string LastEventId { get; init; } = "";

    /// <summary><see cref="Id"/> as a number, or 0 when it is absent, not a decimal number, or does not fit.</summary>
    public long IdAsInt64 =>
        long.TryParse(Id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) ? n : 0;
}
