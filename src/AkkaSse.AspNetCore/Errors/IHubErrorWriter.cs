using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Writes every error response of the hub's endpoints (HTTP-06). Register your own in the container to replace the default, which writes
/// RFC 9457 problems, or plain text when <c>Accept</c> prefers it. Thread-safe.
/// </summary>
public interface IHubErrorWriter
{
    /// <summary>
    /// Sets the status and writes the body. Headers such as <c>Retry-After</c> and <c>Allow</c> are set already; nothing has been sent.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="status">400 to 599.</param>
    /// <param name="code">One of <see cref="HubErrorCodes"/>.</param>
    /// <param name="message">What is wrong and what is allowed, for a person. May quote the request.</param>
    Task WriteAsync(HttpContext context, int status, string code, string message);
}
