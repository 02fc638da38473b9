using AkkaSse.Cluster.Wire;

namespace AkkaSse.Cluster.Values;

/// <summary>What a key has. Immutable.</summary>
/// <param name="Bytes">The value; null when it was deleted.</param>
/// <param name="Version">Grows with every write.</param>
/// <param name="Until">When it ends, in milliseconds since 1970.</param>
internal sealed record StoredValue(ReadOnlyMemory<byte>? Bytes, long Version, long Until)
{
    internal static StoredValue None { get; } = new(null, 0, 0);

    internal bool IsLive(long now) => Bytes is not null && Until > now;

    internal void Write(WireWriter to)
    {
        to.Bool(Bytes is not null);
        if (Bytes is { } bytes) to.Blob(bytes.Span);
        to.Int(Version);
        to.Int(Until);
    }

    internal static StoredValue Read(ref WireReader from)
    {
        var bytes = from.Bool() ? from.Blob() : (ReadOnlyMemory<byte>?)null;
        return new StoredValue(bytes, from.Int(), from.Int());
    }
}
