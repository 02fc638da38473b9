using System.Diagnostics.CodeAnalysis;

namespace AkkaSse.Protocol;

/// <summary>
/// Base64 for data that is not UTF-8 text: the standard alphabet with padding (RFC 4648 section 4), data only, no line breaks. Thread-safe.
/// </summary>
public static class SseBase64
{
    /// <summary>Returns a copy of the event whose data is the base64 form of the original's bytes.</summary>
    /// <param name="e">The event; it is not changed, so the same instance can go to a stream without base64 as well.</param>
    /// <returns>The copy, or <paramref name="e"/> itself when it has no data.</returns>
    public static SseEvent Encode(SseEvent e)
    {
        ArgumentNullException.ThrowIfNull(e);
        return e.DataBytes is { } bytes ? new SseEvent(e) { Data = Convert.ToBase64String(bytes.Span) } : e;
    }

    /// <summary>
    /// Returns a copy of the event whose data is what the original's base64 data stands for. White space in the base64 is ignored.
    /// </summary>
    /// <param name="e">The event; it is not changed.</param>
    /// <param name="decoded">The copy, whose <see cref="SseEvent.DataBytes"/> need not be UTF-8; null when the data is not base64.</param>
    /// <returns>False when the event has no data or the data is not padded base64 of the standard alphabet.</returns>
    public static bool TryDecode(SseEvent e, [NotNullWhen(true)] out SseEvent? decoded)
    {
        ArgumentNullException.ThrowIfNull(e);
        decoded = null;
        if (e.Data is not { } text)
        {
            return false;
        }

        // Three bytes per four characters, rounded up.
        var bytes = new byte[((text.Length + 3) / 4) * 3];
        if (!Convert.TryFromBase64String(text, bytes, out var written))
        {
            return false;
        }

        decoded = new SseEvent(e) { DataBytes = bytes.AsMemory(0, written) };
        return true;
    }
}
