using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Hosting;
using AkkaSse.Cluster.Actors;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaActors;

/// <summary>A parcel was seen somewhere.</summary>
public sealed record Scan(string Parcel, string Place);
