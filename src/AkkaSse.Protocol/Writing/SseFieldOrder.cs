namespace AkkaSse.Protocol;

/// <summary>In which order the fields of an event go on the wire.</summary>
public enum SseFieldOrder
{
    /// <summary>
    /// Comment, event, retry, custom fields, data, id, blank line. The id comes last because some parsers keep it as soon as its line is
    /// read: with the id first, a connection cut inside the event makes them skip that event when they come back.
    /// An event without data has no blank line: several clients dispatch an empty event for one.
    /// </summary>
    Native,

    /// <summary>
    /// Id, data, event, retry, custom fields, comment, blank line, also without data: byte for byte what the older hubs write (<c>id:
    /// 123⏎data: 111⏎event: abc⏎⏎</c>).
    /// </summary>
    IdFirst,
}
