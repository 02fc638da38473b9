using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace AkkaSse.AspNetCore;

/// <summary>
/// A request's last event id, on every edge. It is never a reason to refuse: an EventSource that is answered 400 gives up for ever, and its
/// user could not mend it. What cannot be decoded, or is there with two values, becomes a text that no stream has given out, so that the
/// reader is told of the gap.
/// </summary>
internal static class LastEventId
{
    public const string Header = "Last-Event-ID";

    // Ids that the hub gives out are printable ASCII.
    private const string Unknown = "\uFFFD";

    /// <summary>The header, which wins (RPL-13), else <c>last_event_id</c>, else <c>lastEventId</c>; null without any, or with empty ones.</summary>
    public static string? Read(HttpRequest request, in RequestTarget target)
    {
        string? header = null;
        foreach (var value in request.Headers[Header]) Add(ref header, value);
        if (header is not null) return header;

        string? snake = null, camel = null;
        var q = target.Parameters;
        while (q.Next())
        {
            if (q.Name is "last_event_id") Add(ref snake, q.Lenient());
            else if (q.Name is "lastEventId") Add(ref camel, q.Lenient());
        }

        return snake ?? camel;
    }

    private static void Add(ref string? slot, string? value)
    {
        if (!string.IsNullOrEmpty(value)) slot = slot is null || slot == value ? value : Unknown;
    }

    /// <summary>
    /// Lets Kestrel take a <c>Last-Event-ID</c> that is not UTF-8 (a Latin-1 byte, a character that was cut); by default it answers such a
    /// request 400 before the hub sees it. Other headers, and what the application has chosen, stay as they are.
    /// </summary>
    internal sealed class Encodings : IPostConfigureOptions<KestrelServerOptions>
    {
        // UTF-8, as browsers send it, with U+FFFD for what is none.
        private static readonly Encoding s_lenient = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

        public void PostConfigure(string? name, KestrelServerOptions options)
        {
            var chosen = options.RequestHeaderEncodingSelector;
            options.RequestHeaderEncodingSelector = header =>
                chosen(header) ?? (header.Equals(Header, StringComparison.OrdinalIgnoreCase) ? s_lenient : null);
        }
    }
}
