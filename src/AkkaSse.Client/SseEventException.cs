using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>One event could not be delivered as it should. The connection goes on.</summary>
public sealed class SseEventException : Exception
{
    internal SseEventException(string message, SseLimitExceeded? limit = null, SseEvent? e = null, Exception? inner = null)
        : base(message, inner)
    {
        Limit = limit;
        Event = e;
    }

    /// <summary>The bound that a skipped event had passed; null for another reason.</summary>
    public SseLimitExceeded? Limit { get; }

    /// <summary>The event as received, when it could be read.</summary>
    public SseEvent? Event { get; }
}
