namespace AkkaSse.Cluster.Wire;

/// <summary>A message that crosses nodes. Immutable; its codec stands in the listing of its component.</summary>
internal interface IWireMessage;

/// <summary>
/// How one type of message is written. The manifest never changes its meaning; fields are only ever appended (old readers stop early, new
/// readers ask <see cref="WireReader.HasMore"/>).
/// </summary>
internal abstract class WireCodec(string manifest, Type type)
{
    /// <summary>One or two letters for the component, then a number: <c>S1</c>.</summary>
    internal string Manifest { get; } = manifest;

    internal Type Type { get; } = type;

    internal abstract void Write(object message, WireWriter to);

    internal abstract object Read(ref WireReader from);
}

/// <summary>A codec from two functions.</summary>
internal sealed class WireCodec<T>(string manifest, Action<T, WireWriter> write, WireCodec<T>.Reading read) : WireCodec(manifest, typeof(T))
    where T : class, IWireMessage
{
    internal delegate T Reading(ref WireReader from);

    internal override void Write(object message, WireWriter to) => write((T)message, to);

    internal override object Read(ref WireReader from) => read(ref from);
}
