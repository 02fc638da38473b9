using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;

namespace OwnEngine.Engine;

/// <summary>
/// This node's hold on one stream. Readers read the log of the feed, which has what was appended since the node attached. What is older the
/// hub reads here, a page at a time.
/// </summary>
internal sealed class ListAttachment : IRemoteAttachment, IColdSource
{
    private readonly ListStreams _streams;

    /// <summary>Attaches; under the lock of the streams.</summary>
    internal ListAttachment(
        ListStreams streams, ListStream stream, IStreamSink sink, LogBudget budget, ColdCache cache, Action<Exception> fault)
    {
        _streams = streams;
        Stream = stream;
        Sink = sink;
        Feed = new StreamFeed(stream.Options, budget, cache, this, fault);
        // A stream that does not exist yet has no epoch; its readers wait until its creation begins one.
        if (stream.Epoch is not null) Feed.Begin(stream.Start);
        stream.Attachments = [.. stream.Attachments, this];
    }

    public StreamLog Log => Feed.Log;

    public bool Exists => Stream.Exists;

    internal ListStream Stream { get; }

    internal IStreamSink Sink { get; }

    internal StreamFeed Feed { get; }

    /// <summary>The feed has each event before its publisher is answered. An engine elsewhere waits for what is still on its way.</summary>
    public ValueTask SyncAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask<long> FirstAtAsync(DateTimeOffset at, CancellationToken cancellation)
    {
        var wanted = at.ToUnixTimeMilliseconds();
        lock (_streams.Gate)
        {
            var offset = Stream.First;
            while (offset <= Stream.Head && Stream.At(offset).At < wanted) offset++;
            return new(offset);
        }
    }

    public ValueTask<StreamPosition?> FindIdAsync(string id, CancellationToken cancellation)
    {
        lock (_streams.Gate)
        {
            for (var offset = Stream.Head; offset >= Stream.First; offset--)
            {
                if (Stream.At(offset) is { CallerId: true } stored && stored.Event.Id == id)
                    return new(new StreamPosition(Stream.Epoch!, offset));
            }
            return new((StreamPosition?)null);
        }
    }

    public ValueTask<IReadOnlyList<StoredEvent>?> ReadAsync(string epoch, long from, long to, CancellationToken cancellation)
    {
        lock (_streams.Gate) return new(epoch == Stream.Epoch ? Stream.Range(from, to) : null);
    }

    public ValueTask DisposeAsync()
    {
        _streams.Detach(this);
        return ValueTask.CompletedTask;
    }
}
