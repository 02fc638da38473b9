using Akka;
using Akka.Streams.Dsl;
using AkkaSse.AkkaStreams.Publishing;
using AkkaSse.Hub;

namespace AkkaSse.AkkaStreams;

/// <summary>Publishes to a stream of the hub as a flow of Akka Streams.</summary>
/// <remarks>
/// <para><b>Acknowledged.</b> An element goes on downstream when the hub has appended its event, and not before; in the order in which the
/// elements came.</para>
/// <para><b>In order.</b> One run of at most <see cref="PublishFlowOptions.MaxInFlight"/> elements is under way at a time, and is repeated
/// before anything after it is handed to the hub.</para>
/// <para><b>Repeated.</b> What was certainly not appended and may be later (<see cref="PublishStatus.Unavailable"/>,
/// <see cref="PublishStatus.Full"/>, <see cref="PublishStatus.KeyTableFull"/>) is repeated with pauses for
/// <see cref="PublishFlowOptions.RetryFor"/>; so is <see cref="PublishStatus.OutcomeUnknown"/> of an element with an idempotency key, with
/// the same key: it is appended once.</para>
/// <para><b>Refused.</b> Everything else, <see cref="PublishStatus.OutcomeUnknown"/> without a key among it, is a
/// <see cref="PublishFailedException"/>, and the supervision strategy of the flow's attributes decides: it fails (the default), or that
/// element is dropped (resume and restart). Elements of the same run that come after a refused one may be on the stream: repeat them with
/// their keys.</para>
/// <para><b>Restarted.</b> A graph that repeats what was not acknowledged, with the keys that it had, appends each event once, as long as
/// keys are kept (<see cref="HubOptions.IdempotencyWindow"/>, at most <see cref="HubOptions.MaxIdempotencyKeys"/> of them per stream).
/// Repeating ends with the graph.</para>
/// <para>Where nothing else is said the flow backpressures when a run is under way and the next one is full, completes when upstream does
/// and everything is acknowledged, and cancels when downstream cancels.</para>
/// </remarks>
public static class SseHubFlow
{
    /// <summary>Publishes elements; emits the hub's answer to each, which is accepted.</summary>
    /// <param name="hub">The hub; not owned.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The flow; it may be materialized any number of times.</returns>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public static Flow<PublishElement, PublishResult, NotUsed> Publish(ISseHub hub, string stream, PublishFlowOptions? options = null) =>
        Flow.Create<PublishElement>().Select(static e => (e, NotUsed.Instance)).Via(Stage<NotUsed>(hub, stream, options))
            .Select(static r => r.Item1);

    /// <summary>
    /// As <see cref="Publish"/>, with a context that goes along with each element: the offset that is committed when its event is on the
    /// stream.
    /// </summary>
    /// <typeparam name="TContext">The context. That of a dropped element is dropped too.</typeparam>
    /// <param name="hub">The hub; not owned.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The flow; it may be materialized any number of times.</returns>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public static FlowWithContext<PublishElement, TContext, PublishResult, TContext, NotUsed> PublishWithContext<TContext>(
        ISseHub hub, string stream, PublishFlowOptions? options = null) =>
        FlowWithContext.From(Flow.FromGraph(Stage<TContext>(hub, stream, options)));

    private static PublishStage<TContext> Stage<TContext>(ISseHub hub, string stream, PublishFlowOptions? options)
    {
        ArgumentNullException.ThrowIfNull(hub);
        ArgumentNullException.ThrowIfNull(stream);
        return new PublishStage<TContext>(new RunPublisher(hub, stream, (options ?? new PublishFlowOptions()).Checked()));
    }
}
