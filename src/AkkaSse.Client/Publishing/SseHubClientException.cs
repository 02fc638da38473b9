namespace AkkaSse.Client;

/// <summary>A failure that the caller asked to be thrown instead of returned.</summary>
public sealed class SseHubClientException(string message) : Exception(message);
