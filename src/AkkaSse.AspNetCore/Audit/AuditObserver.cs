using AkkaSse.Hub;

namespace AkkaSse.AspNetCore;

/// <summary>Notes that connections have ended.</summary>
internal sealed class AuditObserver(IHubAudit audit, TimeProvider? time = null) : IHubObserver
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public ValueTask OnDisconnectedAsync(ClientInfo client, CloseReason reason)
    {
        if (audit.IsOn(HubAuditKind.End))
        {
            audit.Record(new HubAuditEntry
            {
                Kind = HubAuditKind.End,
                At = _time.GetUtcNow(),
                Subject = client.Subject,
                Remote = client.Remote,
                Client = client.Id,
                Zone = client.Zone,
                ListenZones = client.ListenZones,
                Streams = client.Streams,
                Reason = reason,
            });
        }
        return ValueTask.CompletedTask;
    }
}
