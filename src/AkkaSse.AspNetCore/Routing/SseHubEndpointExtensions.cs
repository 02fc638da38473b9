using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>What an application can ask about endpoints.</summary>
public static class SseHubEndpointExtensions
{
    /// <summary>
    /// Whether an endpoint is one of the hub's that open an event stream. For authentication that takes a secret from the query there and
    /// nowhere else: <c>EventSource</c> can send no header.
    /// </summary>
    /// <param name="endpoint">Of a request, after routing.</param>
    public static bool IsSseEventStream(this Endpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return endpoint.Metadata.GetMetadata<StreamingEndpoint>() is not null;
    }
}
