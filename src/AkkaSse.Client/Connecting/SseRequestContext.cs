namespace AkkaSse.Client;

/// <summary>What is known about the attempt for which a request or a token is made.</summary>
/// <param name="Url">The URL that will be asked; null when a request factory alone decides it.</param>
/// <param name="Attempt">Which attempt since the last open connection; 1 is the first.</param>
/// <param name="LastEventId">What will be sent as <c>Last-Event-ID</c>; empty for none.</param>
public readonly record struct SseRequestContext(Uri? Url, int Attempt, string LastEventId)
{
    /// <summary>True when the server has just answered 401: a cached token is no good.</summary>
    public bool RefreshToken { get; init; }
}
