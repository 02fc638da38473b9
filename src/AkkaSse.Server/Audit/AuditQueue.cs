using System.Threading.Channels;
using AkkaSse.AspNetCore;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Audit;

/// <summary>
/// Takes entries from requests, which never wait for it: what does not fit is counted, and named later. It knows no hub, because the hub is
/// made with it. Thread-safe.
/// </summary>
internal sealed class AuditQueue(EffectiveSettings settings) : IHubAudit
{
    /// <summary>Entries that wait to be written. <see cref="AuditWriter"/> empties it forty times a second.</summary>
    internal const int Capacity = 8_192;

    private readonly bool[] _isOn = [.. Enum.GetValues<HubAuditKind>().Select(settings.Audit.Has)];
    private readonly Channel<HubAuditEntry> _entries = Channel.CreateBounded<HubAuditEntry>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });
    private long _dropped;

    internal ChannelReader<HubAuditEntry> Entries => _entries.Reader;

    /// <summary>Entries that are missing and not yet named.</summary>
    internal long Dropped => Interlocked.Read(ref _dropped);

    public bool IsOn(HubAuditKind kind) => _isOn[(int)kind];

    public void Record(HubAuditEntry entry)
    {
        if (!_entries.Writer.TryWrite(entry)) Drop(1);
    }

    /// <summary>Counts entries that are missing.</summary>
    internal void Drop(long count) => Interlocked.Add(ref _dropped, count);

    /// <summary>Says that so many of those that are missing have been named.</summary>
    internal void Named(long count) => Interlocked.Add(ref _dropped, -count);

    /// <summary>What comes from now on is missing.</summary>
    internal void Close() => _entries.Writer.TryComplete();
}
