using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Postgres.Streams;

/// <summary>A publish that waits for its commit. Its events are the caller's and are not touched after <see cref="Done"/>.</summary>
internal sealed class PendingAppend(string stream, ReadOnlyMemory<AppendItem> items, Memory<AppendResult> results, long deadline)
{
    internal string Stream { get; } = stream;

    internal ReadOnlyMemory<AppendItem> Items { get; } = items;

    internal Memory<AppendResult> Results { get; } = results;

    /// <summary>Until when it may wait for a locked stream; a timestamp of the hub's clock.</summary>
    internal long Deadline { get; } = deadline;

    internal long Bytes { get; } = EventCodec.SizeOf(items.Span);

    internal TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal void Fail(PublishStatus status, string error)
    {
        Results.Span.Fill(new AppendResult(status, StreamPosition.BeforeFirst) { Error = error });
        Done.TrySetResult();
    }
}
