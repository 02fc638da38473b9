using Akka.Event;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Stands where Akka.NET would print to standard output, before and after the application's logger: the output belongs to the application.
/// </summary>
internal sealed class SilentLogger : MinimalLogger
{
    protected override void Log(object message)
    {
    }
}
