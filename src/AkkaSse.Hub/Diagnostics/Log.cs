using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Diagnostics;

/// <summary>Everything that this project logs. Payload text is never logged.</summary>
internal static partial class Log
{
    /// <summary>The logger when it takes debug messages, else null: what such a message says is made only for one that does.</summary>
    internal static ILogger? ForDebug(this ILogger logger) => logger.IsEnabled(LogLevel.Debug) ? logger : null;

    [LoggerMessage(1001, LogLevel.Information, "Hub {Node} serves with engine {Engine}.")]
    internal static partial void Started(ILogger logger, string node, string engine);

    [LoggerMessage(1002, LogLevel.Information, "Hub {Node} drains {Connections} connections over {Window}.")]
    internal static partial void Draining(ILogger logger, string node, int connections, TimeSpan window);

    [LoggerMessage(1003, LogLevel.Information, "Hub {Node} has stopped.")]
    internal static partial void Stopped(ILogger logger, string node);

    [LoggerMessage(EventId = 1004, Message = "Engine {Engine} is {State}.")]
    internal static partial void EngineState(ILogger logger, LogLevel level, string engine, Engine.EngineState state);

    [LoggerMessage(1005, LogLevel.Information, "Engine {Engine} is ready.")]
    internal static partial void EngineReady(ILogger logger, string engine);

    [LoggerMessage(1010, LogLevel.Debug, "Client {Client} in zone {Zone} connected from {Remote}.", SkipEnabledCheck = true)]
    internal static partial void Connected(ILogger logger, string client, string? zone, string? remote);

    [LoggerMessage(1011, LogLevel.Debug, "Client {Client} in zone {Zone} disconnected: {Reason}.", SkipEnabledCheck = true)]
    internal static partial void Disconnected(ILogger logger, string client, string? zone, CloseReason reason);

    [LoggerMessage(1012, LogLevel.Information, "failed to write to client {Client}, timeout exceeded ({Failures} of {Tolerance}).")]
    internal static partial void WriteTimeout(ILogger logger, string client, int failures, int tolerance);

    [LoggerMessage(1013, LogLevel.Error, "A fault in {Where} was contained.")]
    internal static partial void Fault(ILogger logger, Exception fault, string where);

    [LoggerMessage(1014, LogLevel.Error, "An observer failed at {Callback} of client {Client}.")]
    internal static partial void ObserverFailed(ILogger logger, Exception fault, string callback, string client);

    [LoggerMessage(
        1015, LogLevel.Debug, "Delivered to client {Client} in zone {Zone}: {Events} events, {Bytes} bytes.", SkipEnabledCheck = true)]
    internal static partial void Delivered(ILogger logger, string client, string? zone, int events, int bytes);

    [LoggerMessage(1016, LogLevel.Error, "Writing to client {Client} failed.")]
    internal static partial void WriteFailed(ILogger logger, Exception fault, string client);

    [LoggerMessage(1017, LogLevel.Information, "Stream {Stream}: a reader missed {From} to {To} ({Reason}).")]
    internal static partial void Gap(ILogger logger, string stream, string from, string to, string reason);

    [LoggerMessage(1018, LogLevel.Information, "{Streams} streams, {Stream} among them: a reader that came missed events of each.")]
    internal static partial void Gaps(ILogger logger, int streams, string stream);
}
