using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Diagnostics;

/// <summary>
/// Decides how a fault that no caller waits for is reported: it is counted and logged; given the metrics and the logger. Thread-safe.
/// </summary>
internal sealed class FaultLog(HubMetrics metrics, ILogger logger)
{
    internal void Report(Exception fault, string where)
    {
        metrics.Faults.Add(1);
        Log.Fault(logger, fault, where);
    }

    /// <summary>Lets work run on that no caller waits for.</summary>
    internal void Watch(ValueTask work, string where)
    {
        if (!work.IsCompletedSuccessfully) _ = WatchAsync(work.AsTask(), where);
    }

    private async Task WatchAsync(Task work, string where)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            Report(fault, where);
        }
    }
}
