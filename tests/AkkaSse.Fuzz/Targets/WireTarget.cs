using System.Runtime.Serialization;
using System.Text;
using AkkaSse.Cluster.Batching;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Fuzz.Targets;

/// <summary>
/// Messages between nodes of a cluster. Bytes are refused with the exceptions that are documented, which a receiver expects, and what was
/// read is written and read again as the same.
/// </summary>
internal static class WireTarget
{
    // A manifest, a space, the message.
    internal static void Run(byte[] input)
    {
        var space = Array.IndexOf(input, (byte)' ');
        if (space < 0) return;
        WireCodec codec;
        try
        {
            codec = WireSerializer.Codec(Encoding.Latin1.GetString(input.AsSpan(0, space)));
        }
        catch (SerializationException)
        {
            return;
        }
        var bytes = input.AsMemory(space + 1);
        object message;
        try
        {
            var reader = new WireReader(bytes);
            message = codec.Read(ref reader);
        }
        catch (FormatException)
        {
            return;
        }
        if (message is MessageBatch batch)
        {
            Read(batch);
            return;
        }
        var once = Written(codec, message);
        var again = new WireReader(once);
        if (!Written(codec, codec.Read(ref again)).AsSpan().SequenceEqual(once))
            throw new BreachException($"{codec.Manifest} {codec.Type.Name} is read otherwise.");
    }

    private static byte[] Written(WireCodec codec, object message)
    {
        var to = new WireWriter();
        codec.Write(message, to);
        return to.Take();
    }

    private static void Read(MessageBatch batch)
    {
        try
        {
            var reader = new BatchReader(batch);
            while (reader.Next())
            {
                try
                {
                    reader.Read();
                }
                catch (Exception e) when (e is FormatException or SerializationException)
                {
                    // As documented: the next one can be read.
                }
            }
        }
        catch (FormatException)
        {
            // As documented.
        }
    }
}
