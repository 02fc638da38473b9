using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>
/// What an edge has decided about a subscription. <see cref="EventStream.Describe"/> makes the one <see cref="SubscribeRequest"/> of it.
/// </summary>
internal struct EdgeSubscription()
{
    public IReadOnlyList<StreamSubscription> Streams = [];
    public IReadOnlyList<string> ListenZones = [], Types = [];
    public string? Zone, ClientId, Instance, LastEventId, HeartbeatEvent, ManagedSubscription;
    public StartPosition? Since;
    public TimeSpan? Heartbeat;
    public WireIds Ids;
    public HeartbeatKind HeartbeatKind;
    public bool Control = true;
    public bool Broadcast, Browser, TraceParents;
}
