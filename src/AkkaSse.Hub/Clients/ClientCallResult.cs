namespace AkkaSse.Hub;

/// <summary>The answer to a call on one client.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Client">The client as it is afterwards, where the call says so.</param>
/// <param name="Error">What was wrong and what is allowed.</param>
public readonly record struct ClientCallResult(ClientCallStatus Status, ClientInfo? Client = null, string? Error = null);
