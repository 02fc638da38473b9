using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Hosting;
using AkkaSse.Cluster.Actors;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaActors;

/// <summary>Which parcel a message is for.</summary>
public sealed class ParcelExtractor() : HashCodeMessageExtractor(maxNumberOfShards: 50)
{
    public override string? EntityId(object message) => (message as Scan)?.Parcel;
}
