#if AKKA_ENGINE
using AkkaSse.Cluster;

namespace AkkaSse.Server.Configuration;

internal sealed partial class AkkaSettings
{
    internal IEnumerable<string> Validate()
    {
        string? hocon = null;
        string? unread = null;
        try
        {
            hocon = ReadHocon();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            unread = $"{Section}:HoconFile is '{HoconFile}', which cannot be read: {e.Message}";
        }
        if (unread is not null) yield return unread;
        foreach (var fault in Options(hocon, null).Validate())
            yield return fault.StartsWith("Hocon ", StringComparison.Ordinal) ? $"{Section}:HoconFile{fault["Hocon".Length..]}" : $"{Section}:{fault}";
    }

    /// <summary>The engine's options.</summary>
    /// <param name="address">How people reach this node.</param>
    internal AkkaClusterOptions Options(string? address) => Options(ReadHocon(), address);

    private AkkaClusterOptions Options(string? hocon, string? address) => new()
    {
        SystemName = SystemName,
        Host = Host,
        Port = Port,
        PublicHost = PublicHost,
        PublicPort = PublicPort,
        Seeds = Seeds,
        DiscoveryService = DiscoveryService,
        RequiredSeeds = RequiredSeeds,
        Roles = Roles,
        Backups = Backups,
        Shards = Shards,
        MaxFrameBytes = MaxFrameBytes,
        RecoveryLimit = RecoveryLimit,
        LeaveLimit = LeaveLimit,
        AppendTimeout = AppendTimeout,
        HistoryCacheBytes = HistoryCacheBytes,
        Hocon = hocon,
        Address = address,
    };

    private string? ReadHocon() => HoconFile is null ? null : File.ReadAllText(HoconFile);
}
#endif
