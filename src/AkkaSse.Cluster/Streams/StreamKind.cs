using AkkaSse.Cluster.Replication;
using AkkaSse.Hub;

namespace AkkaSse.Cluster.Streams;

/// <summary>Streams as logs.</summary>
internal sealed class StreamKind(HubOptions options) : LogKind<StreamState>
{
    private readonly long _keyWindow = (long)options.IdempotencyWindow.TotalMilliseconds;

    internal override string HostName => "akkasse-streams";

    public override StreamState Create() => new(_keyWindow);

    public override StreamState Restore(object snapshot) => StreamState.Of((StreamSnapshot)snapshot, _keyWindow);

    internal override IReadOnlyList<byte[]> Split(object snapshot, int partBytes) => ((StreamSnapshot)snapshot).Split(partBytes);

    internal override object Join(IReadOnlyList<ReadOnlyMemory<byte>> parts) => StreamSnapshot.Join(parts);
}
