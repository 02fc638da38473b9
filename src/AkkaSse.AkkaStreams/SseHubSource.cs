using Akka;
using Akka.Streams.Dsl;
using AkkaSse.AkkaStreams.Reading;
using AkkaSse.Hub;

namespace AkkaSse.AkkaStreams;

/// <summary>Reads a stream of the hub as a source of Akka Streams.</summary>
public static class SseHubSource
{
    /// <summary>
    /// The events of a stream with their positions, in order, without end. A restarted graph that begins at
    /// <see cref="StartPosition.After"/> the last element that it handled misses nothing and repeats nothing; where events are gone it is
    /// told with an element that <see cref="StreamEvent.IsGap"/>.
    /// </summary>
    /// <remarks>
    /// <para>Each materialization is a reader of its own, registered when the graph starts and not by its first demand, and unregistered
    /// when the graph ends, however it ends.</para>
    /// <para>Nothing is buffered: an event is read when it is demanded. A slow graph costs its own lag and nothing else, until it falls off
    /// what the stream retains; then <see cref="StreamOptions.SlowReader"/> decides: it is told a gap, or fails, or makes publishers
    /// wait.</para>
    /// <para>Completes after what there is when the stream is removed or this hub stops. Fails with the hub's exception when the reader is
    /// refused or ended:
    /// <see cref="HubException"/> (the stream does not exist or was removed before, or it has too many readers, or the graph was too slow
    /// for its policy), <see cref="ArgumentException"/> (the name), <see cref="InvalidOperationException"/> (the hub is not
    /// running).</para>
    /// </remarks>
    /// <param name="hub">The hub; not owned.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="from">
    /// Where each materialization begins; null: <see cref="StartPosition.Latest"/>. A graph that may be restarted before its first element
    /// begins at a fixed position, because what is latest is another place the second time.
    /// </param>
    /// <returns>The source; it may be materialized any number of times.</returns>
    public static Source<StreamEvent, NotUsed> From(ISseHub hub, string stream, StartPosition? from = null)
    {
        ArgumentNullException.ThrowIfNull(hub);
        ArgumentNullException.ThrowIfNull(stream);
        return Source.FromGraph(new ReaderStage(hub, stream, from));
    }
}
