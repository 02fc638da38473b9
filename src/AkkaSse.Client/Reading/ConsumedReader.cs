using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using AkkaSse.Protocol;

namespace AkkaSse.Client;

/// <summary>A channel reader that notes which event was taken last, so that the last event id never runs ahead of the consumer.</summary>
internal sealed class ConsumedReader(ChannelReader<SseEvent> inner, Action<SseEvent> taken) : ChannelReader<SseEvent>
{
    public override bool CanCount => inner.CanCount;

    public override int Count => inner.Count;

    public override bool CanPeek => inner.CanPeek;

    public override Task Completion => inner.Completion;

    public override bool TryPeek([MaybeNullWhen(false)] out SseEvent item) => inner.TryPeek(out item);

    public override bool TryRead([MaybeNullWhen(false)] out SseEvent item)
    {
        if (!inner.TryRead(out item))
        {
            return false;
        }

        taken(item);
        return true;
    }

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) =>
        inner.WaitToReadAsync(cancellationToken);
}
