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

    // What the names of waiting entries may hold: one call may name 256 streams of 256 bytes, or be refused for a megabyte of them.
    internal const long MaxBytes = 32L << 20;

    private readonly bool[] _isOn = [.. Enum.GetValues<HubAuditKind>().Select(settings.Audit.Has)];
    private readonly Channel<HubAuditEntry> _entries = Channel.CreateBounded<HubAuditEntry>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });
    private long _dropped, _bytes;

    internal ChannelReader<HubAuditEntry> Entries => _entries.Reader;

    /// <summary>Entries that are missing and not yet named.</summary>
    internal long Dropped => Interlocked.Read(ref _dropped);

    public bool IsOn(HubAuditKind kind) => _isOn[(int)kind];

    public void Record(HubAuditEntry entry)
    {
        var size = SizeOf(entry);
        if (Interlocked.Add(ref _bytes, size) <= MaxBytes && _entries.Writer.TryWrite(entry)) return;
        Release(size);
        Drop(1);
    }

    /// <summary>What an entry counts for. Bytes.</summary>
    internal static long SizeOf(HubAuditEntry entry)
    {
        long size = 512;
        foreach (var name in entry.Streams) size += Size(name);
        foreach (var zone in entry.ListenZones) size += Size(zone);
        return size + Size(entry.Client) + Size(entry.Zone) + Size(entry.Subscription) + Size(entry.Target);
    }

    /// <summary>Says that entries of so many bytes wait no more.</summary>
    internal void Release(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    private static long Size(string? name) => name is null ? 0 : 32 + (2L * name.Length);

    /// <summary>Counts entries that are missing.</summary>
    internal void Drop(long count) => Interlocked.Add(ref _dropped, count);

    /// <summary>Says that so many of those that are missing have been named.</summary>
    internal void Named(long count) => Interlocked.Add(ref _dropped, -count);

    /// <summary>What comes from now on is missing.</summary>
    internal void Close() => _entries.Writer.TryComplete();
}
