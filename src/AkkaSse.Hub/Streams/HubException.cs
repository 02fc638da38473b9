namespace AkkaSse.Hub;

/// <summary>A failure that the caller asked to be thrown instead of returned.</summary>
public sealed class HubException(string message) : Exception(message);
