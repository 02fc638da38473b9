using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>What is left of a stream whose log had to begin anew, as the commands of a new epoch. Pure.</summary>
internal static class StreamRestore
{
    /// <summary>
    /// The stream with its options, events and idempotency keys, each with its own time. Events keep their offsets and get another epoch:
    /// what lies after them may have had these offsets before, and readers must be told.
    /// </summary>
    /// <param name="left">The former state.</param>
    /// <param name="epoch">A new one's name.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    internal static IEnumerable<byte[]> Commands(StreamState left, string epoch, long now)
    {
        var begin = new StreamChange(left.CreatedAt);
        var before = left.Runs.Count > 0 ? left.Runs[0].First - 1 : left.Head;
        begin.BeginEpoch(epoch, before, DecimalIds.Base(now));
        begin.Create(left.Options, left.Declared);
        yield return begin.Take();
        foreach (var run in left.Runs.ToArray())
        {
            var change = new StreamChange(run.At);
            change.Run(run.Count, run.Flags, run.Blob.Span);
            yield return change.Take();
        }
        foreach (var (name, used) in left.Keys.ToArray())
        {
            var change = new StreamChange(used.At);
            change.Key(name, used);
            yield return change.Take();
        }
    }
}
