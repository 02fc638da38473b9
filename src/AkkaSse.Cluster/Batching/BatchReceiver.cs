using System.Runtime.Serialization;
using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Batching;

/// <summary>
/// Where the batches of other nodes arrive. No actor: it hands the messages on where Akka.NET's remoting calls it, so that none of them is
/// overtaken by what remoting delivers after the batch, such as the end of an actor whose last words are in it.
/// </summary>
/// <param name="provider">Of the ActorSystem.</param>
/// <param name="self">The address of this node.</param>
/// <param name="path">Below <c>/temp</c>, the same on every node.</param>
/// <param name="logger">Told of what cannot be read.</param>
internal sealed class BatchReceiver(IActorRefProvider provider, string self, ActorPath path, ILogger logger) : MinimalActorRef
{
    internal const string Name = "akkasse-batches";

    public override ActorPath Path => path;

    public override IActorRefProvider Provider => provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not MessageBatch batch) return;
        try
        {
            var reader = new BatchReader(batch);
            while (reader.Next()) Deliver(ref reader);
        }
        catch (FormatException e)
        {
            Log.Fault(logger, e, "a batch of messages of another node");
        }
    }

    private void Deliver(ref BatchReader reader)
    {
        object message;
        try
        {
            message = reader.Read();
        }
        catch (Exception e) when (e is FormatException or SerializationException)
        {
            Log.Fault(logger, e, "a message of another node");
            return;
        }
        provider.ResolveActorRef(self + reader.To).Tell(message, provider.ResolveActorRef(reader.Node + reader.From));
    }
}
