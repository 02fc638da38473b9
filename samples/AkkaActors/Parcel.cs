using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Hosting;
using AkkaSse.Cluster.Actors;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaActors;

/// <summary>
/// One parcel, an entity of the application's own shard region: it is on one node of the cluster, and tells readers on all of them through
/// the hub.
/// </summary>
public sealed class Parcel : ReceiveActor
{
    /// <summary>The stream of all parcels.</summary>
    public const string Stream = "parcels";

    private readonly Dictionary<PublishRequest, IActorRef> _waiting = [];
    private readonly string _node = Akka.Cluster.Cluster.Get(Context.System).SelfAddress.ToString();
    private int _scans;

    public Parcel(string id, IRequiredActor<SseHubActor> hub)
    {
        Receive<Scan>(scan =>
        {
            var publish = new Publish(Stream, new SseEvent { Type = "scan", Data = $"{id} {scan.Place}" });
            _waiting[publish] = Sender;
            hub.ActorRef.Tell(publish);
        });
        Receive<Published>(m =>
        {
            if (!_waiting.Remove(m.Request, out var asker)) return;
            if (m.Result.IsAccepted) _scans++;
            else Context.GetLogger().Warning("A scan of {0} was not published: {1}", id, m.Result.Error);
            asker.Tell(new Scanned(
                id, _scans, _node, m.Result.IsAccepted ? m.Result.Position.ToString() : $"{m.Result.Status}: {m.Result.Error}"));
        });
    }
}
