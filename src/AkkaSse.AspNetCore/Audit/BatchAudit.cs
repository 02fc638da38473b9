namespace AkkaSse.AspNetCore;

/// <summary>Makes one entry of neighbours in a batch that have the same target and the same outcome.</summary>
internal sealed class BatchAudit(AuditCall call)
{
    private AuditedRun _run;

    public void Add(string? stream, string? client, string? zone, bool broadcast, long bytes, HubFault? fault)
    {
        var next = new AuditedRun(
            stream, client, zone, broadcast, fault?.Status ?? 202, fault?.Code, _run.Count, _run.Bytes);
        if (next != _run)
        {
            Flush();
            next = next with { Count = 0, Bytes = 0 };
        }
        _run = next with { Count = next.Count + 1, Bytes = next.Bytes + bytes };
    }

    /// <summary>Ends the run.</summary>
    public void Flush()
    {
        if (_run.Count > 0) call.Record(_run);
        _run = default;
    }
}
