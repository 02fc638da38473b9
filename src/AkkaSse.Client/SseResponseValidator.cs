namespace AkkaSse.Client;

/// <summary>Replaces the check of the response head: returns null to accept, else why not.</summary>
/// <param name="response">The response; its body must not be read on acceptance.</param>
/// <param name="cancellationToken">Cancelled when the attempt is given up.</param>
public delegate ValueTask<SseClientException?> SseResponseValidator(HttpResponseMessage response, CancellationToken cancellationToken);
