using AkkaSse.Cluster.Replication;
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

/// <summary>A key has another value; or, without one, nothing: its commit proves that its owner was the owner.</summary>
internal sealed class ValueCommand(StoredValue? value) : Command
{
    internal static ValueCommand Nothing { get; } = new(null);

    /// <summary>Part of the wire contract.</summary>
    internal static CommandCodec Codec { get; } = new CommandCodec<ValueCommand>(64, static (c, to) => c.Value?.Write(to), static (ref WireReader from) => from.HasMore ? new ValueCommand(StoredValue.Read(ref from)) : Nothing);

    internal StoredValue? Value => value;

    internal override int Size => 32 + (value?.Bytes?.Length ?? 0);
}

/// <summary>One key as its replicated log makes it.</summary>
internal sealed class ValueState : IReplicatedState
{
    internal StoredValue Value { get; init; } = StoredValue.None;

    private StoredValue? _now;

    internal StoredValue Current => _now ?? Value;

    public void Apply(Entry entry)
    {
        if (entry.Command is ValueCommand { Value: { } value }) _now = value;
    }

    public object Snapshot() => Current;
}

/// <summary>Keys as logs.</summary>
internal sealed class ValueKind : LogKind<ValueState>
{
    internal override string HostName => "akkasse-values";

    public override ValueState Create() => new();

    public override ValueState Restore(object snapshot) => new() { Value = (StoredValue)snapshot };

    internal override IReadOnlyList<byte[]> Split(object snapshot, int partBytes)
    {
        var writer = new WireWriter();
        ((StoredValue)snapshot).Write(writer);
        return [writer.Take()];
    }

    internal override object Join(IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var from = new WireReader(parts[0]);
        return StoredValue.Read(ref from);
    }
}
