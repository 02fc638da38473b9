using Microsoft.AspNetCore.Http.Timeouts;

namespace AkkaSse.AspNetCore;

/// <summary>What marks endpoints that open event streams.</summary>
internal sealed class StreamingEndpoint
{
    private static readonly object[] s_metadata = [new StreamingEndpoint(), new DisableRequestTimeoutAttribute()];

    /// <summary>To be put on each of them.</summary>
    public static object[] Metadata => s_metadata;
}
