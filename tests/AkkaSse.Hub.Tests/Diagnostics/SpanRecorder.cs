using System.Collections.Concurrent;
using System.Diagnostics;

namespace AkkaSse.Hub.Tests.Diagnostics;

/// <summary>Listens to the hub's spans of one trace, which it begins, as the server span of a request would.</summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();

    internal SpanRecorder(bool sampled = true)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "AkkaSse",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == Request.TraceId && sampled ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
        Request.Start();
    }

    /// <summary>The parent of all.</summary>
    internal Activity Request { get; } = new("request");

    internal IReadOnlyList<Activity> Ended => [.. _ended];

    internal Activity Single(string name) => _ended.Single(a => a.OperationName == name);

    public void Dispose()
    {
        Request.Dispose();
        _listener.Dispose();
    }
}

/// <summary>What listens to the hub's spans does so in the whole process: nothing else runs meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TracedCollection
{
    internal const string Name = "traced";
}
