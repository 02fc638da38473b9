namespace AkkaSse.Hub;

/// <summary>The answer to creating a stream.</summary>
public readonly record struct CreateStreamResult(CreateStreamStatus Status, StreamInfo? Stream = null, string? Error = null);
