using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Health;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server.Metrics;

/// <summary>What the server says of itself: what runs, whether it is ready, and of its process what the runtime does not measure.</summary>
internal sealed class ServerMetrics : IDisposable
{
    private static readonly double s_maxDescriptors = ReadMaxDescriptors();

    private readonly Meter _meter = new(ServerHost.Meters);

    public ServerMetrics(Readiness readiness, EffectiveSettings settings)
    {
        var build = new Measurement<int>(1, new("engine", settings.Server.Engine), new("inline_completions", Inline()),
            new("version", ServerVersion.Text));
        _meter.CreateObservableGauge("akkasse.build.info", () => build, null, "Always 1; the labels say what runs.");
        _meter.CreateObservableGauge(
            "akkasse.ready", () => readiness.WhyNotReady() is null ? 1 : 0, null, "1 when the node takes work, as /healthz/ready says.");
        _meter.CreateObservableGauge(
            "dotnet.thread_pool.threads", static () => ThreadPool.ThreadCount, "{thread}", "Threads of the pool.");
        _meter.CreateObservableGauge("dotnet.thread_pool.queue.length", static () => ThreadPool.PendingWorkItemCount, "{work_item}",
            "Work items that wait for a thread.");
        // The names that every dashboard for Prometheus knows.
        using var process = Process.GetCurrentProcess();
        var started = new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
        _meter.CreateObservableGauge("process.start_time", () => started, "s", "Start, seconds since 1970.");
        if (!OperatingSystem.IsLinux()) return;
        _meter.CreateObservableGauge("process.open_fds", static () => OpenDescriptors(), null, "Open descriptors; one per connection.");
        _meter.CreateObservableGauge("process.max_fds", static () => s_maxDescriptors, null, "Descriptors that the process may open.");
    }

    public void Dispose() => _meter.Dispose();

    private static string Inline() => InlineCompletions.InEffect() switch { true => "on", false => "off", null => "unknown" };

    // The listing opens one descriptor itself.
    private static int OpenDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1;

    private static double ReadMaxDescriptors()
    {
        if (!OperatingSystem.IsLinux()) return double.NaN;
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return double.TryParse(soft, CultureInfo.InvariantCulture, out var value) ? value : double.PositiveInfinity;
    }
}
