namespace AkkaSse.Client;

/// <summary>What one HTTP request came to.</summary>
/// <param name="Status">The status; null when there was no whole response.</param>
/// <param name="Body">The response's body; belongs to the buffer that was passed.</param>
/// <param name="Error">What failed when there is no status.</param>
/// <param name="RetryAfter">What the server asked for.</param>
/// <param name="MayHaveApplied">True when the server may have done what it was asked although it did not say so.</param>
internal readonly record struct HubAnswer(int? Status, ReadOnlyMemory<byte> Body, string? Error, TimeSpan? RetryAfter, bool MayHaveApplied)
{
    /// <summary>
    /// True when the same request, with the same key, may fare better later. 503 and 429 say that nothing was done; the rest leave it open.
    /// </summary>
    public bool IsTransient => Status is null or 408 or 425 or 429 or 500 or 502 or 503 or 504;
}
