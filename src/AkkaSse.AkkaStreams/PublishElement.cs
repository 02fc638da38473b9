using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.AkkaStreams;

/// <summary>An event on its way to a stream.</summary>
/// <param name="Event">The event.</param>
/// <param name="Options">
/// What accompanies it. With an <see cref="PublishOptions.IdempotencyKey"/> it can be repeated, within the flow and by a restarted graph,
/// and is appended once: take the key from where the element comes from (topic, partition and offset; the position in another stream),
/// never from chance. <see cref="PublishOptions.KeyCoversRun"/> is refused, because runs are made by the flow.
/// </param>
public readonly record struct PublishElement(SseEvent Event, PublishOptions Options = default)
{
    /// <summary>An event with an idempotency key.</summary>
    /// <param name="e">The event.</param>
    /// <param name="idempotencyKey">1 to 256 printable ASCII characters; null for none.</param>
    public PublishElement(SseEvent e, string? idempotencyKey)
        : this(e, new PublishOptions { IdempotencyKey = idempotencyKey })
    {
    }

    internal bool HasKey => Options.IdempotencyKey is not null;

    /// <summary>What it counts in a run. One without an event, as <c>default</c> is, is refused there.</summary>
    internal long Size => Event is null ? 0 : EventCodec.SizeOf(new AppendItem(Event, Options));
}
