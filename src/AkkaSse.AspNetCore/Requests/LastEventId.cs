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

    /// <summary>The parameter's name.</summary>
    public const string Snake = "last_event_id";

    /// <summary>The parameter's other name.</summary>
    public const string Camel = "lastEventId";

    // Ids that the hub gives out are printable ASCII.
    private const string Unknown = "\uFFFD";

    /// <summary>The last event id of a request whose query nothing else reads.</summary>
    public static string? Read(HttpRequest request, in RequestTarget target)
    {
        var id = new Reader(request);
        var q = target.Parameters;
        while (q.Next())
        {
            if (q.Name is Snake or Camel) id.Take(q);
        }
        return id.Value;
    }

    private static void Add(ref string? slot, string? value)
    {
        if (!string.IsNullOrEmpty(value)) slot = slot is null || slot == value ? value : Unknown;
    }

    /// <summary>Gathers the last event id while a query is read: the header, which wins (RPL-13), else the parameters.</summary>
    public struct Reader
    {
        private readonly string? _header;
        private string? _snake;
        private string? _camel;

        public Reader(HttpRequest request)
        {
            foreach (var value in request.Headers[Header]) Add(ref _header, value);
        }

        /// <summary>The id; null without any, or with empty ones.</summary>
        public readonly string? Value => _header ?? _snake ?? _camel;

        /// <summary>Takes the current parameter, which has one of the two names. Never a fault.</summary>
        public HubFault? Take(in QueryReader q)
        {
            if (_header is not null) return null;
            if (q.Name is Snake) Add(ref _snake, q.Lenient());
            else Add(ref _camel, q.Lenient());
            return null;
        }
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
