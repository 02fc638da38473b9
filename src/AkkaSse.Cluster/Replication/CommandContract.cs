using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Replication;

/// <summary>How one type of command is written. Same rules as <see cref="WireCodec"/>: a kind never changes its meaning, fields are only appended.</summary>
internal abstract class CommandCodec(byte kind, Type type)
{
    /// <summary>0 to 15 are the log's own, 16 to 63 the streams', 64 to 95 the key-values'.</summary>
    internal byte Kind { get; } = kind;

    internal Type Type { get; } = type;

    internal abstract void Write(Command command, WireWriter to);

    /// <summary>Reads exactly what was written. The command's bytes are a slice of their own: <see cref="WireReader.HasMore"/> is false at its end.</summary>
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

/// <summary>Every command that can stand in a log, room by room.</summary>
internal static class CommandContract
{
    internal static IReadOnlyList<CommandCodec> Codecs { get; } = [.. ReplicationWire.Commands];
}
