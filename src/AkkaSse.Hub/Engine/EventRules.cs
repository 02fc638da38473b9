using AkkaSse.Hub.Diagnostics;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Engine;

/// <summary>What the hub accepts as an event, besides the protocol's own rules. One place, for every edge and engine.</summary>
public static class EventRules
{
    /// <summary>Longest idempotency key and conflation key.</summary>
    public const int MaxKeyLength = 256;

    /// <summary>Most bytes of a principal, in UTF-8: with the key it is part of an index of databases.</summary>
    public const int MaxPrincipalBytes = 1_024;

    /// <summary>Null when an event may be published, else what is wrong and what is allowed.</summary>
    /// <param name="e">The event.</param>
    /// <param name="options">The publisher's options.</param>
    /// <param name="base64">True on a stream that encodes its data: they need not be UTF-8.</param>
    public static string? Check(SseEvent e, in PublishOptions options, bool base64 = false)
    {
        try
        {
            SseFieldRules.Validate(base64 && e.HasData ? SseBase64.Encode(e) : e);
        }
        catch (SseFormatException fault)
        {
            return fault.Message;
        }
        if (e.Type is { } type && type.StartsWith(HubNames.ControlPrefix, StringComparison.Ordinal))
            return $"Types beginning with '{HubNames.ControlPrefix}' are reserved.";
        if (e.Id is { Length: > 0 } id && StreamPosition.TryParse(id, out _))
            return "An id of the form offset-epoch is the hub's own; choose another form.";
        if (e.Id is { } early && !e.HasData)
            return early.Length == 0
                ? "An id without data resets readers; give data too."
                : "An id without data never reaches every reader; give data too.";
        foreach (var field in e.Fields)
        {
            if (field.Key == HubNames.PublisherIdField) return $"The field '{HubNames.PublisherIdField}' is the hub's own.";
        }
        if (e.Comment is { } comment && SaysPublisherId(comment))
            return $"A line of the comment begins with '{HubNames.PublisherIdComment}', which is the hub's own; every other beginning " +
                "is allowed.";
        if (options.IdempotencyKey is { } key && !IsKey(key))
            return $"The idempotency key must be 1 to {MaxKeyLength} printable ASCII characters.";
        if (options.Principal is { } principal && !IsPrincipal(principal))
            return $"The principal must be at most {MaxPrincipalBytes} bytes of UTF-8, without U+0000.";
        if (options.ConflateKey is { } conflate
            && (conflate.Length is 0 or > MaxKeyLength || System.Text.Encoding.UTF8.GetByteCount(conflate) > MaxKeyLength))
            return $"The conflation key must be 1 to {MaxKeyLength} bytes of UTF-8.";
        if (options.TraceParent is { } trace && !TraceParent.TryParse(trace, out _)) return TraceParent.Allowed;
        if (options.Ttl is { } ttl && (ttl <= TimeSpan.Zero || ttl.TotalDays > 10_000))
            return "The ttl must be more than 0 and at most 10000d.";
        return null;
    }

    /// <summary>
    /// Null when an event may stand on a stream with these options, else what is wrong and what is allowed. Engines ask it.
    /// </summary>
    public static string? CheckFor(SseEvent e, StreamOptions options)
    {
        if (e.Id is { Length: 0 } && options.Replay) return "The id \"\" resets readers and is allowed on unlogged streams only.";
        return !options.Base64 && e.DataBytes is { } data && !SseFieldRules.IsUtf8(data.Span)
            ? "The data are not valid UTF-8; a stream with the option base64 takes any bytes."
            : null;
    }

    /// <summary>
    /// Null when an event is not too large, else how large it is and what is allowed. Data, type, id, comment, and names and values of
    /// fields count, in UTF-8.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="most">The most bytes, <see cref="HubOptions.MaxEventBytes"/>.</param>
    public static string? CheckSize(SseEvent e, int most)
    {
        ArgumentNullException.ThrowIfNull(e);
        long data = e.DataBytes?.Length ?? 0;
        // A character is at most three bytes: only an event that may be too large is counted.
        if (data + (3 * Texts(e, static text => text.Length)) <= most) return null;
        var size = data + Texts(e, static text => System.Text.Encoding.UTF8.GetByteCount(text));
        if (size <= most) return null;
        return size == data
            ? $"The data have {data} bytes; at most {most} are allowed."
            : $"The event has {size} bytes, {data} of them data; at most {most} are allowed.";
    }

    /// <summary>True for an event without data: it has no offset and goes only to readers that are there.</summary>
    public static bool IsTransient(SseEvent e) => !e.HasData;

    /// <summary>
    /// True when the publisher's id stands in the id line: on streams with ids of the caller, and the id "" everywhere. False: the hub's
    /// own does.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="ids">Whose ids the stream has.</param>
    public static bool IsCallerId(SseEvent e, StreamIds ids) => e.Id is { } id && e.HasData && (ids == StreamIds.Caller || id.Length == 0);

    /// <summary>
    /// When an event expires by its own ttl, in milliseconds since 1970: whole ones, at least one after the publish. 0 for never.
    /// </summary>
    /// <param name="ttl">The ttl; null for none.</param>
    /// <param name="at">Publish time in milliseconds since 1970.</param>
    public static long ExpiryOf(TimeSpan? ttl, long at) => ttl is { } time ? at + Math.Max(1, (long)time.TotalMilliseconds) : 0;

    private static long Texts(SseEvent e, Func<string, int> length)
    {
        var sum = Of(e.Type, length) + Of(e.Id, length) + Of(e.Comment, length);
        for (var i = 0; i < e.Fields.Count; i++) sum += Of(e.Fields[i].Key, length) + Of(e.Fields[i].Value, length);
        return sum;
    }

    private static long Of(string? text, Func<string, int> length) => text is null ? 0 : length(text);

    private static bool SaysPublisherId(ReadOnlySpan<char> comment)
    {
        for (var at = 0; at >= 0;)
        {
            comment = comment[at..];
            if (comment.StartsWith(HubNames.PublisherIdComment, StringComparison.Ordinal)) return true;
            var end = comment.IndexOfAny('\r', '\n');
            at = end < 0 ? -1 : end + 1;
        }
        return false;
    }

    // Two principals with halves of surrogate pairs could become one in UTF-8.
    private static bool IsPrincipal(string principal) =>
        principal.Length <= MaxPrincipalBytes && System.Text.Encoding.UTF8.GetByteCount(principal) <= MaxPrincipalBytes
        && HubNames.IsText(principal);

    private static bool IsKey(string key)
    {
        if (key.Length is 0 or > MaxKeyLength) return false;
        foreach (var c in key)
        {
            if (c is < ' ' or > '~') return false;
        }
        return true;
    }
}
