using System.Collections.Frozen;
using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>
/// How one type of command is written. Same rules as <see cref="WireCodec"/>: a kind never changes its meaning, fields are only appended.
/// </summary>
internal abstract class CommandCodec(byte kind, Type type)
{
    /// <summary>0 to 15 are the log's own, 16 to 63 the streams', 64 to 95 the key-values'.</summary>
    internal byte Kind { get; } = kind;

    internal Type Type { get; } = type;

    internal abstract void Write(Command command, WireWriter to);

    /// <summary>
    /// Reads exactly what was written. The command's bytes are a slice of their own: <see cref="WireReader.HasMore"/> is false at its end.
    /// </summary>
    internal abstract Command Read(ref WireReader from);
}

/// <summary>A codec from two functions.</summary>
internal sealed class CommandCodec<T>(byte kind, Action<T, WireWriter> write, CommandCodec<T>.Reading read) : CommandCodec(kind, typeof(T))
    where T : Command
{
    internal delegate T Reading(ref WireReader from);

    internal override void Write(Command command, WireWriter to) => write((T)command, to);

    internal override Command Read(ref WireReader from) => read(ref from);
}

/// <summary>Every command that can stand in a log, component by component.</summary>
internal static class CommandContract
{
    internal static IReadOnlyList<CommandCodec> Codecs { get; } = [
        .. ReplicationWire.Commands, .. Streams.StreamsWire.Commands, .. Values.ValuesWire.Commands];

    private static readonly FrozenDictionary<Type, CommandCodec> ByType = Codecs.ToFrozenDictionary(static c => c.Type);
    private static readonly FrozenDictionary<byte, CommandCodec> ByKind = Codecs.ToFrozenDictionary(static c => c.Kind);

    /// <exception cref="ArgumentException">The command has no codec.</exception>
    internal static void Write(Command command, WireWriter to)
    {
        if (!ByType.TryGetValue(command.GetType(), out var codec))
            throw new ArgumentException($"{command.GetType()} has no codec in the contract of commands.", nameof(command));
        to.Byte(codec.Kind);
        var begin = to.Begin();
        codec.Write(command, to);
        to.End(begin);
    }

    /// <exception cref="FormatException">The bytes are no command, or one of a newer version.</exception>
    internal static Command Read(ref WireReader from)
    {
        var kind = from.Byte();
        if (!ByKind.TryGetValue(kind, out var codec)) throw new FormatException($"Commands of kind {kind} are not known to this version.");
        var part = from.Part();
        return codec.Read(ref part);
    }
}
