using System.Net;

namespace AkkaSse.Client;

/// <summary>An attempt or a connection failed. Thrown when the subscription ends because of it, else carried by notifications.</summary>
public sealed class SseClientException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="failure">What failed.</param>
    /// <param name="message">A sentence for people.</param>
    /// <param name="inner">The cause, if another exception was.</param>
    public SseClientException(SseFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>What failed.</summary>
    public SseFailure Failure { get; }

    /// <summary>
    /// True when the same request would fail again, so that it is not repeated (see <see cref="SseClientOptions.Permanent"/>).
    /// </summary>
    public bool IsPermanent { get; init; }

    /// <summary>The response's status, when there was a response.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>The response's media type as received, when there was a response.</summary>
    public string? ContentType { get; init; }

    /// <summary>The first bytes of a refused response's body as text, at most 1 024 bytes; null when there was none.</summary>
    public string? Body { get; init; }

    /// <summary>What the server's <c>Retry-After</c> asked for on 429 and 503, from now; null without one.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
