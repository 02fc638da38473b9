using Akka;
using Akka.Streams.Dsl;
using AkkaSse.Hub;

namespace AkkaSse.AkkaStreams;

/// <summary>Publishes to a stream of the hub as the end of a graph.</summary>
public static class SseHubSink
{
    /// <summary>Publishes elements as <see cref="SseHubFlow.Publish"/> does.</summary>
    /// <param name="hub">The hub; not owned.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The sink. Its task completes when upstream has and every event is on the stream, and fails with what made the graph
    /// fail.</returns>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public static Sink<PublishElement, Task<Done>> Publish(ISseHub hub, string stream, PublishFlowOptions? options = null) =>
        SseHubFlow.Publish(hub, stream, options).ToMaterialized(Sink.Ignore<PublishResult>(), Keep.Right);
}
