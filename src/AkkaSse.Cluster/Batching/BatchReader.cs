using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Batching;

/// <summary>Reads what <see cref="OutgoingBatch"/> wrote, message by message.</summary>
internal struct BatchReader
{
    private readonly List<string> _actors = [];
    private WireReader _from;
    private WireReader _message;

    internal BatchReader(MessageBatch batch)
    {
        _from = new WireReader(batch.Bytes);
        Node = _from.RequiredText();
    }

    /// <summary>Address of the node that the senders are of.</summary>
    internal string Node { get; }

    /// <summary>Path of the actor that a message is for, with its uid and without an address.</summary>
    internal string To { get; private set; } = "";

    /// <summary>Path of its sender, likewise.</summary>
    internal string From { get; private set; } = "";

    internal string Manifest { get; private set; } = "";

    /// <summary>Goes on to the next message; false at the end.</summary>
    /// <exception cref="FormatException">The bytes are not those of a batch; what follows cannot be read.</exception>
    internal bool Next()
    {
        if (!_from.HasMore) return false;
        To = Actor();
        From = Actor();
        Manifest = _from.RequiredText();
        // A copy: events live as long as they are retained, and must not keep the whole batch.
        _message = _from.PartCopied();
        return true;
    }

    /// <summary>Reads the message.</summary>
    /// <exception cref="FormatException">It cannot be read; the others can.</exception>
    /// <exception cref="System.Runtime.Serialization.SerializationException">Its manifest is not known.</exception>
    internal object Read() => WireSerializer.Codec(Manifest).Read(ref _message);

    private string Actor()
    {
        var place = _from.UInt();
        if (place == (ulong)_actors.Count) _actors.Add(_from.RequiredText());
        return place < (ulong)_actors.Count
            ? _actors[(int)place]
            : throw new FormatException("A batch names an actor that it has not introduced.");
    }
}
