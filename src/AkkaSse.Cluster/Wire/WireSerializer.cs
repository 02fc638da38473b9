using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AkkaSse.Cluster.Batching;

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
        if (obj is MessageBatch batch && MemoryMarshal.TryGetArray(batch.Bytes, out var whole) && whole.Count == whole.Array!.Length)
            return whole.Array;
        var writer = new WireWriter();
        Codec(obj).Write(obj, writer);
        return writer.Take();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        return Codec(manifest).Read(ref reader);
    }

    /// <exception cref="SerializationException">This version does not know it.</exception>
    internal static WireCodec Codec(string manifest) =>
        ByManifest.TryGetValue(manifest, out var codec)
            ? codec
            : throw new SerializationException(
                $"Messages '{manifest}' are not known to this version; nodes of a newer version must not send them before all nodes are " +
                "updated.");

    /// <exception cref="SerializationException">It is no message between nodes.</exception>
    internal static WireCodec Codec(object o) =>
        ByType.TryGetValue(o.GetType(), out var codec)
            ? codec
            : throw new SerializationException($"{o.GetType()} is no message between nodes.");
}
