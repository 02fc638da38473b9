using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AkkaSse.Cluster.Actors;

namespace AkkaSse.Cluster.Wire;

/// <summary>
/// Stands where Akka.NET has JSON with type names for whatever nobody else serializes: slow, and it makes objects of any type that the
/// bytes name. A message without a codec is a fault of this program.
/// </summary>
internal sealed class RefusingSerializer(ExtendedActorSystem system) : Serializer(system)
{
    public override int Identifier => 77_311;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj.GetType()} is no message between nodes.");

    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("Nothing is read by this serializer.");
}

/// <summary>Refuses the messages of <see cref="SseHubActor"/> where they would leave the process, in any ActorSystem.</summary>
internal sealed class HubMessageSerializer(ExtendedActorSystem system) : Serializer(system)
{
    public override int Identifier => 77_312;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw new SerializationException(
        $"{obj.GetType()} stays in its process and was not sent; tell it to the hub actor of this node, which reaches every stream and " +
        "client.");

    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException(
        $"A message of {nameof(SseHubActor)} is taken from actors of this process alone; the sender has one of its own.");
}
