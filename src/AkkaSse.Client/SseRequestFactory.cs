namespace AkkaSse.Client;

/// <summary>
/// Makes the request of one attempt. Called for every attempt, so that bodies, headers and tokens are fresh; each call must return a new
/// object.
/// </summary>
/// <param name="context">What is known about the attempt.</param>
/// <param name="cancellationToken">Cancelled when the attempt is given up.</param>
public delegate ValueTask<HttpRequestMessage> SseRequestFactory(SseRequestContext context, CancellationToken cancellationToken);
