using System.Threading.Channels;

namespace ProgressBar;

/// <summary>Jobs that wait for the worker.</summary>
internal sealed class JobQueue
{
    // A bound, so that a page left clicking cannot fill the memory.
    private readonly Channel<string> _jobs = Channel.CreateBounded<string>(
        new BoundedChannelOptions(100));
    private int _last;

    internal ChannelReader<string> Reader => _jobs.Reader;

    /// <summary>The name of the new job; null when too many wait.</summary>
    internal string? TryEnqueue()
    {
        var job = $"job-{Interlocked.Increment(ref _last)}";
        return _jobs.Writer.TryWrite(job) ? job : null;
    }
}
