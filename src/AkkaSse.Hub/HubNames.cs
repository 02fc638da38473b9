using System.Text;

namespace AkkaSse.Hub;

/// <summary>Every name the hub itself puts on the wire or reserves, and the one rule for names chosen by others.</summary>
public static class HubNames
{
    /// <summary>Longest name of a stream, zone or client, in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 256;

    /// <summary>The zone of a client that names none.</summary>
    public const string DefaultZone = "default";

    /// <summary>The engine stream that carries broadcasts.</summary>
    public const string BroadcastStream = "$all";

    /// <summary>What the engine streams of zones begin with.</summary>
    public const string ZoneStreamPrefix = "$zone/";

    /// <summary>
    /// The stream with the hub's audit: who has connected, published, been refused, disconnected whom. The hub alone appends to it
    /// (<see cref="IHubEdge.AppendToAuditAsync"/>), and no list has it; it is read by its name like a stream of yours.
    /// </summary>
    public const string AuditStream = "$audit";

    /// <summary>What the types of the hub's own control events begin with; refused in every publish.</summary>
    public const string ControlPrefix = "hub.";

    /// <summary>First event of a native connection: who the client is and where its streams stand.</summary>
    public const string OpenEvent = "hub.open";

    /// <summary>Names the events that a reader missed.</summary>
    public const string GapEvent = "hub.gap";

    /// <summary>Gives a position to a reader that saw no event because of its filter.</summary>
    public const string PositionEvent = "hub.position";

    /// <summary>The set of streams of this connection has changed.</summary>
    public const string SubscriptionsEvent = "hub.subscriptions";

    /// <summary>The node is about to stop; reconnect after the given time.</summary>
    public const string DrainEvent = "hub.drain";

    /// <summary>The connection ends on purpose; the data say why.</summary>
    public const string EndEvent = "hub.end";

    /// <summary>Heartbeat as an event, on request (<c>ping=event</c>).</summary>
    public const string PingEvent = "hub.ping";

    /// <summary>
    /// What a publisher's id is called on a stream whose ids are the hub's: it travels in the comment line <c>: eid=…</c> of its event, and
    /// <c>AkkaSse.Client</c> shows it as a field of this name. No event may have such a field or a line of its comment that begins like
    /// that.
    /// </summary>
    public const string PublisherIdField = "eid";

    /// <summary>How a comment with a publisher's id begins.</summary>
    internal const string PublisherIdComment = PublisherIdField + "=";

    /// <summary>
    /// How the comment begins that has an event's trace context. Publishers' comments may begin so too: the hub's stands before all others
    /// of its event.
    /// </summary>
    internal static ReadOnlySpan<byte> TraceParentComment => "traceparent="u8;

    /// <summary>The engine stream of a zone.</summary>
    /// <param name="zone">A valid zone name.</param>
    public static string ZoneStream(string zone) => ZoneStreamPrefix + zone;

    /// <summary>
    /// Checks a name of a stream, zone or client: 1 to 256 bytes of UTF-8, no control characters, not beginning with <c>$</c>.
    /// </summary>
    /// <returns>Null when the name is fine, else a sentence that says what is wrong and what is allowed.</returns>
    public static string? Check(string? name)
    {
        if (string.IsNullOrEmpty(name)) return "The name is empty; 1 to 256 bytes of UTF-8 are allowed.";
        if (name[0] == '$') return "Names beginning with '$' are reserved.";
        if (name.Length > MaxNameBytes) return TooLong(name);
        foreach (var c in name)
        {
            if (char.IsControl(c)) return "The name contains a control character; none is allowed.";
            if (char.IsSurrogate(c)) return CheckSurrogates(name);
        }
        return name.Length * 3 <= MaxNameBytes || Encoding.UTF8.GetByteCount(name) <= MaxNameBytes ? null : TooLong(name);
    }

    /// <summary>Whether a valid name is of a stream that the hub makes and reads for itself: broadcasts and zones.</summary>
    internal static bool IsInternal(string stream) => stream[0] == '$' && stream != AuditStream;

    /// <summary>Whether a text has UTF-8 that every engine can store: no half of a surrogate pair, and no U+0000.</summary>
    internal static bool IsText(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0') return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }
        return true;
    }

    private static string? CheckSurrogates(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!char.IsSurrogate(name[i])) continue;
            if (i + 1 < name.Length && char.IsSurrogatePair(name[i], name[i + 1])) { i++; continue; }
            return "The name is not valid Unicode.";
        }
        foreach (var c in name)
        {
            if (char.IsControl(c)) return "The name contains a control character; none is allowed.";
        }
        return Encoding.UTF8.GetByteCount(name) <= MaxNameBytes ? null : TooLong(name);
    }

    private static string TooLong(string name) =>
        $"The name has {Encoding.UTF8.GetByteCount(name)} bytes of UTF-8; 1 to {MaxNameBytes} are allowed.";
}
