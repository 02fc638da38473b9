namespace AkkaSse.Client;

/// <summary>Gives the bearer token of one attempt; null sends none.</summary>
/// <param name="context">What is known about the attempt; <see cref="SseRequestContext.RefreshToken"/> asks for a new token.</param>
/// <param name="cancellationToken">Cancelled when the attempt is given up.</param>
public delegate ValueTask<string?> SseTokenProvider(SseRequestContext context, CancellationToken cancellationToken);
