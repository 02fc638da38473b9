using System.Threading.Channels;

namespace ProgressBar;

/// <summary>Jobs that wait for the worker.</summary>
internal sealed class JobQueue
{
    // A bound, so that a page left clicking cannot fill the memory.
    private readonly Channel<string> _jobs = Channel.CreateBounded<string>(
        new BoundedChannelOptions(100) { FullMode = BoundedChannelFullMode.DropOldest });
    private int _last;

    internal ChannelReader<string> Reader => _jobs.Reader;

    internal string Enqueue()
    {
        var job = $"job-{Interlocked.Increment(ref _last)}";
        _jobs.Writer.TryWrite(job);
        return job;
    }
}
