using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Akka.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Writes what an ActorSystem of the engine's own logs to the application's log. The category is the class that logs
/// (<c>Akka.Remote.EndpointWriter</c>), so that an operator can filter by it; time and level are the application's. The level is that of
/// <see cref="AkkaLogLevels"/>.
/// </summary>
/// <remarks>
/// Created by Akka.NET by reflection. The logger of Akka.Hosting has one category for everything, and time and level in the text as well.
/// </remarks>
internal sealed class AkkaLogger : ReceiveActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private const long WaitingEnds = 10_000;
    private const long WaitingLimit = 30_000;

    private readonly Dictionary<string, ILogger> _loggers = new(StringComparer.Ordinal);
    private readonly ILoggerFactory _factory;
    private long _waitsSince;
    private long _waitedAt;

    public AkkaLogger()
    {
        _factory = Context.System.Settings.Setup.Get<LoggerFactorySetup>().Select(static s => s.LoggerFactory).GetOrElse(null!)
            ?? throw new InvalidOperationException("The ActorSystem was made without a logger factory.");
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(Write);
    }

    private void Write(LogEvent e)
    {
        var text = TextOf(e);
        var level = AkkaLogLevels.Of(e.LogLevel(), text, e.Cause);
        if (AkkaLogLevels.IsWaiting(text) && !IsWaitingForLong()) level = Microsoft.Extensions.Logging.LogLevel.Debug;
        // Where Akka.NET names its source by a text, it has a type of its own for the class.
        var category = e.LogClass is { Name: not "DummyClassForStringSources", FullName: { } name } ? name : "Akka";
        if (!_loggers.TryGetValue(category, out var logger)) _loggers[category] = logger = _factory.CreateLogger(category);
        if (logger.IsEnabled(level)) logger.Log(level, 0, text, e.Cause, static (s, _) => s);
    }

    // Whether lines about shards that wait have come for longer than any start or failover takes.
    private bool IsWaitingForLong()
    {
        var now = Environment.TickCount64;
        if (now - _waitedAt > WaitingEnds) _waitsSince = now;
        _waitedAt = now;
        return now - _waitsSince > WaitingLimit;
    }

    private static string TextOf(LogEvent e)
    {
        try
        {
            return e.Message?.ToString() ?? "";
        }
        catch (FormatException)
        {
            // Written with a template that does not fit its arguments: better a line with holes than none.
            return e.Message is LogMessage message ? message.Format : "";
        }
    }
}
