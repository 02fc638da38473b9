using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace AkkaSse.Cluster.Wire;

/// <summary>The serializer of all messages between nodes. Thread-safe.</summary>
/// <param name="system">The actor system it serves.</param>
internal sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly FrozenDictionary<Type, WireCodec> ByType = WireContract.Codecs.ToFrozenDictionary(static c => c.Type);
    private static readonly FrozenDictionary<string, WireCodec> ByManifest = WireContract.Codecs.ToFrozenDictionary(
        static c => c.Manifest, StringComparer.Ordinal);

    // Above 1 000 are the applications' numbers; part of the wire contract.
    public override int Identifier => 77_310;

    public override string Manifest(object o) => Codec(o).Manifest;

    public override byte[] ToBinary(object obj)
    {
        var writer = new WireWriter();
        Codec(obj).Write(obj, writer);
        return writer.Take();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!ByManifest.TryGetValue(manifest, out var codec))
            throw new SerializationException(
                $"Messages '{manifest}' are not known to this version; nodes of a newer version must not send them before all nodes are " +
                "updated.");
        var reader = new WireReader(bytes);
        return codec.Read(ref reader);
    }

    private static WireCodec Codec(object o) =>
        ByType.TryGetValue(o.GetType(), out var codec)
            ? codec
            : throw new SerializationException($"{o.GetType()} is no message between nodes.");
}
