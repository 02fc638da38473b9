using Microsoft.Extensions.Logging;

namespace AkkaSse.Postgres;

/// <summary>Everything that this project logs. No connection string, no payload.</summary>
internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Information, "Connected to PostgreSQL {Version} at {Host}:{Port}, schema version {Schema}.")]
    internal static partial void Connected(ILogger logger, string version, string? host, int port, int schema);

    [LoggerMessage(4002, LogLevel.Warning,
        "PostgreSQL at {Server}, which the connection string names, cannot be used: {Reason}. Trying again in {Delay}.")]
    internal static partial void Away(ILogger logger, string server, string reason, TimeSpan delay);

    [LoggerMessage(4003, LogLevel.Information, "Migrated the schema akkasse from version {From} to {To}.")]
    internal static partial void Migrated(ILogger logger, int from, int to);

    [LoggerMessage(4004, LogLevel.Warning, "All streams begin a new epoch: {Reason}.")]
    internal static partial void NewEpochs(ILogger logger, string reason);

    [LoggerMessage(4005, LogLevel.Error, "The node name {Node} is in use by another process; waiting for its lease to end.")]
    internal static partial void NameInUse(ILogger logger, string node);

    [LoggerMessage(4006, LogLevel.Warning, "The lease of this node could not be renewed in time; messages to its clients are held back.")]
    internal static partial void LeaseLost(ILogger logger);

    [LoggerMessage(4007, LogLevel.Error, "A fault in {Where} was contained.")]
    internal static partial void Fault(ILogger logger, Exception fault, string where);

    [LoggerMessage(4008, LogLevel.Debug, "{Where} failed and is tried again: {Reason}")]
    internal static partial void Retried(ILogger logger, string where, string reason);

    [LoggerMessage(4009, LogLevel.Warning, "A stream is locked by somebody else; its publishes wait apart from the others.")]
    internal static partial void StreamLocked(ILogger logger);

    [LoggerMessage(4010, LogLevel.Warning, "Publish {Publish} of the outbox was refused: {Reason}")]
    internal static partial void OutboxRefused(ILogger logger, Guid publish, string reason);
}
