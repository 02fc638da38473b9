using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.AkkaStreams.Tests.Support;

/// <summary>A hub that hands every call on.</summary>
internal abstract class DelegatingHub(ISseHub inner) : ISseHub
{
    public IStreamDirectory Streams => inner.Streams;

    public IClientDirectory Clients => inner.Clients;

    public virtual ValueTask<PublishResult> PublishAsync(
        string stream, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default) =>
        inner.PublishAsync(stream, e, options, cancellation);

    public virtual ValueTask<IReadOnlyList<BatchItemResult>> PublishBatchAsync(
        IReadOnlyList<BatchItem> items, CancellationToken cancellation = default) => inner.PublishBatchAsync(items, cancellation);

    public bool TryPublish(string stream, SseEvent e, PublishOptions options = default) => inner.TryPublish(stream, e, options);

    public ValueTask<SendResult> SendToAsync(string client, SseEvent e, string? zone = null, CancellationToken cancellation = default) =>
        inner.SendToAsync(client, e, zone, cancellation);

    public ValueTask<PublishResult> BroadcastToZoneAsync(
        string zone, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default) =>
        inner.BroadcastToZoneAsync(zone, e, options, cancellation);

    public ValueTask<PublishResult> BroadcastAsync(
        SseEvent e, PublishOptions options = default, CancellationToken cancellation = default) =>
        inner.BroadcastAsync(e, options, cancellation);

    public IAsyncEnumerable<SseEvent> ListenAsync(string stream, StartPosition? from = null, CancellationToken cancellation = default) =>
        inner.ListenAsync(stream, from, cancellation);

    public IAsyncEnumerable<StreamEvent> SubscribeAsync(
        string stream, StartPosition? from = null, CancellationToken cancellation = default) =>
        inner.SubscribeAsync(stream, from, cancellation);

    public IAsyncEnumerable<SseEvent> ListenToZoneAsync(string zone, CancellationToken cancellation = default) =>
        inner.ListenToZoneAsync(zone, cancellation);

    public IAsyncEnumerable<SseEvent> ListenToBroadcastAsync(CancellationToken cancellation = default) =>
        inner.ListenToBroadcastAsync(cancellation);
}
