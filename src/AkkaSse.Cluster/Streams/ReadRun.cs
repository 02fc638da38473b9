using AkkaSse.Hub.Streams;

namespace AkkaSse.Cluster.Streams;

/// <summary>A run whose events were read, once for all who want them on this node.</summary>
/// <param name="IsTransient">Whether they have no offsets.</param>
/// <param name="Events">At least one.</param>
internal readonly record struct ReadRun(bool IsTransient, StoredEvent[] Events)
{
    /// <summary>Reads runs; those without events, which older nodes stored after a publish that was too large, are left out.</summary>
    internal static ReadRun[] Of(EventRun[] runs)
    {
        var read = new List<ReadRun>(runs.Length);
        foreach (ref readonly var run in runs.AsSpan())
        {
            if (run.Count > 0) read.Add(Of(run));
        }
        return [.. read];
    }

    private static ReadRun Of(in EventRun run)
    {
        var events = new StoredEvent[run.Count];
        var isTransient = (run.Flags & RunFlags.Transient) != 0;
        var at = 0;
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = EventBlob.Read(run.Blob, at, isTransient ? run.First : run.First + i, run.At, run.Flags);
            at += EventBlob.SizeAt(run.Blob.Span, at);
        }
        return new ReadRun(isTransient, events);
    }
}
