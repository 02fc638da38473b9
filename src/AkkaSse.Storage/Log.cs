using Microsoft.Extensions.Logging;

namespace AkkaSse.Storage;

/// <summary>Everything that this project logs. No payload.</summary>
internal static partial class Log
{
    [LoggerMessage(6001, LogLevel.Information, "Opened the data directory {Directory}: {Streams} streams in {Time}.")]
    internal static partial void Opened(ILogger logger, string directory, int streams, TimeSpan time);

    [LoggerMessage(6002, LogLevel.Warning,
        "Events may be missing in the data directory: {Reason}. All {Streams} streams begin a new epoch, and keep what is there.")]
    internal static partial void Doubted(ILogger logger, string reason, int streams);

    [LoggerMessage(6003, LogLevel.Warning, "The stream '{Stream}' begins a new epoch: {Reason}.")]
    internal static partial void NewEpoch(ILogger logger, string stream, string reason);

    [LoggerMessage(6004, LogLevel.Error,
        "Events of the stream '{Stream}' up to {Through} cannot be read ({Reason}); readers are told a gap up to there.")]
    internal static partial void Fenced(ILogger logger, string stream, long through, string reason);

    [LoggerMessage(6005, LogLevel.Error, "{Rows} rows of the data directory are damaged and were passed over.")]
    internal static partial void RowsDamaged(ILogger logger, int rows);

    [LoggerMessage(6006, LogLevel.Error, "The data directory {Directory} was rebuilt: {What}.")]
    internal static partial void Rebuilt(ILogger logger, string directory, string what);

    [LoggerMessage(6007, LogLevel.Error, "A commit failed; its publishes were refused.")]
    internal static partial void CommitFailed(ILogger logger, Exception fault);

    [LoggerMessage(6008, LogLevel.Error, "A fault of the storage was contained.")]
    internal static partial void Fault(ILogger logger, Exception fault);
}
