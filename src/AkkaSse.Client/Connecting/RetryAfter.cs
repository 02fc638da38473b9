namespace AkkaSse.Client;

/// <summary>Reads <c>Retry-After</c> (RFC 9110 section 10.2.3).</summary>
internal static class RetryAfter
{
    /// <summary>The time asked for, from now, at most <paramref name="max"/>; null without the header.</summary>
    public static TimeSpan? Read(HttpResponseMessage response, DateTimeOffset now, TimeSpan max)
    {
        if (response.Headers.RetryAfter is not { } header)
        {
            return null;
        }

        var wait = header.Delta ?? (header.Date - now);
        return wait is null ? null : wait < TimeSpan.Zero ? TimeSpan.Zero : wait > max ? max : wait;
    }
}
