namespace AkkaSse.Client;

/// <summary>Why an attempt or a connection failed.</summary>
public enum SseFailure
{
    /// <summary>The server could not be reached, or broke off before a response head.</summary>
    Connect,

    /// <summary>No response head within <see cref="SseClientOptions.ConnectTimeout"/>.</summary>
    ConnectTimeout,

    /// <summary>A status that is not 200.</summary>
    Status,

    /// <summary>204: the server asks not to come back (WHATWG HTML section 9.2.3).</summary>
    NoContent,

    /// <summary>The response is not <c>text/event-stream</c>.</summary>
    ContentType,

    /// <summary>More redirects than allowed, or one that may not be followed.</summary>
    Redirect,

    /// <summary>The request could not be made: the request factory or the token provider failed.</summary>
    Request,

    /// <summary>The server ended the response properly.</summary>
    EndOfStream,

    /// <summary>The connection broke while it was open.</summary>
    Interrupted,

    /// <summary>No byte, comments included, for <see cref="SseClientOptions.IdleTimeout"/>.</summary>
    IdleTimeout,
}
