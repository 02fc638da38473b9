using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// The loggers of an ActorSystem that is being made. Until it is, what Akka.NET logs as an error is logged at Debug: whoever makes it is
/// told the cause by an exception, and Akka.NET's lines are stack traces of it, some of which come after. Thread-safe.
/// </summary>
internal sealed class StartLoggers(ILoggerFactory loggers) : ILoggerFactory
{
    private volatile bool _isMade;

    /// <summary>From now on errors are errors.</summary>
    internal void Made() => _isMade = true;

    public ILogger CreateLogger(string categoryName) => new StartLogger(loggers.CreateLogger(categoryName), this);

    public void AddProvider(ILoggerProvider provider) => loggers.AddProvider(provider);

    // The factory belongs to whoever gave it.
    public void Dispose()
    {
    }

    private sealed class StartLogger(ILogger logger, StartLoggers owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(LevelOf(logLevel));

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
#pragma warning disable CA1873 // The level is two comparisons.
            logger.Log(LevelOf(logLevel), eventId, state, exception, formatter);
#pragma warning restore CA1873

        private LogLevel LevelOf(LogLevel level) => level is LogLevel.Error or LogLevel.Critical && !owner._isMade ? LogLevel.Debug : level;
    }
}
