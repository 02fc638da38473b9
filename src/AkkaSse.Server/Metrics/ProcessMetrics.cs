using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace AkkaSse.Server.Metrics;

/// <summary>The process and the runtime, under the names that dashboards for Prometheus already know.</summary>
internal static class ProcessMetrics
{
    private static readonly double MaxDescriptors = ReadMaxDescriptors();

    internal static void Write(StringBuilder text)
    {
        using var process = Process.GetCurrentProcess();
        Add("process_cpu_seconds_total", "counter", "Processor time used.", process.TotalProcessorTime.TotalSeconds);
        Add("process_resident_memory_bytes", "gauge", "Memory in RAM.", Environment.WorkingSet);
        Add("process_start_time_seconds", "gauge", "Start, seconds since 1970.",
            new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        Add("process_threads", "gauge", "Threads.", process.Threads.Count);
        if (OperatingSystem.IsLinux())
        {
            // The listing opens one descriptor itself.
            Add("process_open_fds", "gauge", "Open descriptors; one per connection.", Directory.EnumerateFileSystemEntries("/proc/self/fd")
                .Count() - 1);
            Add("process_max_fds", "gauge", "Descriptors that the process may open.", MaxDescriptors);
        }
        Add("dotnet_gc_heap_bytes", "gauge", "Live managed memory after the last collection, and what was allocated since.",
            GC.GetTotalMemory(false));
        Add("dotnet_gc_committed_bytes", "gauge", "Memory that the collector holds.", GC.GetGCMemoryInfo().TotalCommittedBytes);
        Add("dotnet_gc_allocated_bytes_total", "counter", "Managed memory allocated since the start.", GC.GetTotalAllocatedBytes());
        Add("dotnet_gc_pause_seconds_total", "counter", "Time in which the collector stopped the process.", GC.GetTotalPauseDuration()
            .TotalSeconds);
        MetricCollector.Head(text, "dotnet_gc_collections_total", "Collections.", "counter");
        for (var g = 0; g <= GC.MaxGeneration; g++)
            MetricCollector.Sample(text, "dotnet_gc_collections_total", $"generation=\"{g}\"", GC.CollectionCount(g));
        Add("dotnet_thread_pool_threads", "gauge", "Threads of the pool.", ThreadPool.ThreadCount);
        Add("dotnet_thread_pool_queue_length", "gauge", "Work items that wait for a thread.", ThreadPool.PendingWorkItemCount);

        void Add(string name, string type, string help, double value)
        {
            MetricCollector.Head(text, name, help, type);
            MetricCollector.Sample(text, name, "", value);
        }
    }

    private static double ReadMaxDescriptors()
    {
        if (!OperatingSystem.IsLinux()) return double.NaN;
        var line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return double.TryParse(soft, CultureInfo.InvariantCulture, out var value) ? value : double.PositiveInfinity;
    }
}
