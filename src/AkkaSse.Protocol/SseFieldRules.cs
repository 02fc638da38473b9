using System.Buffers;
using System.Text.Unicode;

namespace AkkaSse.Protocol;

/// <summary>
/// What may stand in each field of an event. Each check returns null when the value is fine, else one sentence: what is wrong, what is
/// allowed.
/// </summary>
/// <remarks>
/// The rules keep a value from ending its line early and so from writing fields of its own (WHATWG HTML section 9.2.5), and an id from
/// changing on its way back in the <c>Last-Event-ID</c> header. Thread-safe.
/// </remarks>
public static class SseFieldRules
{
    /// <summary>
    /// The longest id, in characters. It travels in a request header, and servers bound those (Kestrel: 32 KiB together).
    /// </summary>
    public const int MaxIdLength = 1024;

    /// <summary>The longest name of a custom field, in characters.</summary>
    public const int MaxFieldNameLength = 64;

    private static readonly SearchValues<char> LineBreakers = SearchValues.Create("\r\n\0");
    private static readonly SearchValues<byte> LineBreakerBytes = SearchValues.Create("\r\n\0"u8);
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Checks an event type: any text without CR, LF and NUL. Null and the empty string mean none.</summary>
    /// <param name="type">The event type.</param>
    /// <returns>Null when fine, else what is wrong and what is allowed.</returns>
    public static string? CheckType(string? type) => BreaksLine(type)
        ? "The event type contains CR, LF or NUL; any other text is allowed."
        : null;

    /// <summary>Checks an event id: at most <see cref="MaxIdLength"/> printable ASCII characters, no space at either end.</summary>
    /// <param name="id">The id; null means none, the empty string resets the reader's last event id.</param>
    /// <returns>Null when fine, else what is wrong and what is allowed.</returns>
    public static string? CheckId(string? id)
    {
        const string Allowed = "allowed are up to 1024 printable ASCII characters without a space at either end.";
        if (string.IsNullOrEmpty(id))
        {
            return null;
        }

        if (id.Length > MaxIdLength)
        {
            return $"The id has {id.Length} characters; {Allowed}";
        }

        if (id.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return $"The id contains a character that is not printable ASCII; {Allowed}";
        }

        return id[0] == ' ' || id[^1] == ' ' ? $"The id begins or ends with a space; {Allowed}" : null;
    }

    /// <summary>Checks a reconnection time: whole milliseconds from 0 to <see cref="int.MaxValue"/> (24.8 days).</summary>
    /// <param name="retry">The reconnection time; null means none.</param>
    /// <returns>Null when fine, else what is wrong and what is allowed.</returns>
    public static string? CheckRetry(TimeSpan? retry)
    {
        const string Allowed = "allowed are whole milliseconds from 0 to 2147483647.";
        return retry switch
        {
            null => null,
            { Ticks: < 0 } => $"The retry is negative; {Allowed}",
            { Ticks: var t } when t % TimeSpan.TicksPerMillisecond != 0 => $"The retry is not a whole number of milliseconds; {Allowed}",
            { Ticks: var t } when t / TimeSpan.TicksPerMillisecond > int.MaxValue => $"The retry is too long; {Allowed}",
            _ => null,
        };
    }

    /// <summary>
    /// Checks the name of a custom field: 1 to <see cref="MaxFieldNameLength"/> of <c>A-Z a-z 0-9 - _</c>, none of the specification's
    /// four names.
    /// </summary>
    /// <param name="name">The name; names are case-sensitive.</param>
    /// <returns>Null when fine, else what is wrong and what is allowed.</returns>
    public static string? CheckFieldName(string name)
    {
        const string Allowed = "allowed are 1 to 64 ASCII letters, digits, '-' and '_', except data, event, id and retry.";
        return name switch
        {
            null or "" => $"The field name is empty; {Allowed}",
            "data" or "event" or "id" or "retry" => $"The field name '{name}' belongs to the specification; {Allowed}",
            { Length: > MaxFieldNameLength } => $"The field name has {name.Length} characters; {Allowed}",
            _ when name.AsSpan().ContainsAnyExcept(NameCharacters) => $"The field name contains another character; {Allowed}",
            _ => null,
        };
    }

    /// <summary>Checks the value of a custom field: any text without CR, LF and NUL.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Null when fine, else what is wrong and what is allowed.</returns>
    public static string? CheckFieldValue(string value) => value switch
    {
        null => "The field value is null; any text without CR, LF and NUL is allowed.",
        _ when BreaksLine(value) => "The field value contains CR, LF or NUL; any other text is allowed.",
        _ => null,
    };

    /// <summary>
    /// True when the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing cut off. The stream has no other encoding.
    /// </summary>
    /// <param name="data">The bytes to check.</param>
    /// <returns>True when well-formed; empty input is.</returns>
    public static bool IsUtf8(ReadOnlySpan<byte> data) => Utf8.IsValid(data);

    /// <summary>Checks every part of an event.</summary>
    /// <param name="e">The event.</param>
    /// <exception cref="SseFormatException">
    /// The first fault found; an event with neither data, comment nor retry is one, of field <c>data</c>.
    /// </exception>
    public static void Validate(SseEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        ThrowIf("event", CheckType(e.Type));
        ThrowIf("id", CheckId(e.Id));
        ThrowIf("retry", CheckRetry(e.Retry));
        for (var i = 0; i < e.Fields.Count; i++)
        {
            var (name, value) = e.Fields[i];
            ThrowIf(name ?? "", CheckFieldName(name!) ?? CheckFieldValue(value));
        }

        if (!e.HasData)
        {
            ThrowIf("data", e.Comment is null && e.Retry is null
                ? "The event has neither data, comment nor retry; at least one of them is needed, and empty data counts."
                : null);
        }
        else if (e.TextOnly is null && !IsUtf8(e.DataBytes!.Value.Span))
        {
            throw new SseFormatException("data", "The data is not well-formed UTF-8; allowed is UTF-8 text, other bytes need base64.");
        }
    }

    internal static bool BreaksLine(ReadOnlySpan<char> value) => value.ContainsAny(LineBreakers);

    internal static bool BreaksLine(ReadOnlySpan<byte> value) => value.ContainsAny(LineBreakerBytes);

    private static void ThrowIf(string field, string? fault)
    {
        if (fault is not null)
        {
            throw new SseFormatException(field, fault);
        }
    }
}
