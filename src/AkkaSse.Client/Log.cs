using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>Everything this library logs. Event data, tokens and headers are never logged.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Connected to {Url} ({Status}), attempt {Attempt}")]
    public static partial void Opened(ILogger logger, Uri? url, int status, int attempt);

    [LoggerMessage(2, LogLevel.Information, "Disconnected from {Url}: {Reason}; next attempt {Attempt} in {Delay}")]
    public static partial void Retrying(ILogger logger, Uri? url, string reason, int attempt, TimeSpan delay);

    [LoggerMessage(3, LogLevel.Error, "Subscription to {Url} ended: {Reason}")]
    public static partial void Ended(ILogger logger, Uri? url, string reason);

    [LoggerMessage(4, LogLevel.Warning, "An event of {Url} could not be delivered as sent: {Reason}")]
    public static partial void Faulted(ILogger logger, Uri? url, string reason);

    [LoggerMessage(5, LogLevel.Error, "A handler of {Url} failed")]
    public static partial void HandlerFailed(ILogger logger, Uri? url, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "Events of stream {Stream} are missing at {Url} ({Reason}, {From} to {To})")]
    public static partial void Gap(ILogger logger, Uri? url, string? stream, string reason, long? from, long? to);

    [LoggerMessage(7, LogLevel.Warning, "Publishing to {Url} failed and is repeated: {Reason}")]
    public static partial void PublishRetry(ILogger logger, Uri? url, string reason);
}
