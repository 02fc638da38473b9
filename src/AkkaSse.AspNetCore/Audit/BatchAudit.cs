namespace AkkaSse.AspNetCore;

/// <summary>
/// Makes one entry of neighbours in a batch that have the same target and the same outcome. Refusals of many targets are one entry without
/// names: a batch has 10 000 items, and who is refused must not push the entries of others out.
/// </summary>
internal sealed class BatchAudit(AuditCall call)
{
    private const int MaxRefusedTargets = 16;

    private AuditedRun _run;
    private int _refusedTargets;
    private Dictionary<(int Status, string Code), int>? _unnamed;

    public void Add(string? stream, string? client, string? zone, bool broadcast, long bytes, HubFault? fault)
    {
        var next = new AuditedRun(
            stream, client, zone, broadcast, fault?.Status ?? 202, fault?.Code, _run.Count, _run.Bytes);
        if (next != _run)
        {
            if (fault is not null && AuditCall.IsRefusal(fault.Status))
            {
                if (_refusedTargets == MaxRefusedTargets)
                {
                    _unnamed ??= [];
                    _unnamed[(fault.Status, fault.Code)] = _unnamed.GetValueOrDefault((fault.Status, fault.Code)) + 1;
                    return;
                }
                _refusedTargets++;
            }
            Record();
            next = next with { Count = 0, Bytes = 0 };
        }
        _run = next with { Count = next.Count + 1, Bytes = next.Bytes + bytes };
    }

    /// <summary>The batch has ended.</summary>
    public void Flush()
    {
        Record();
        foreach (var ((status, code), count) in _unnamed ?? [])
            call.Record(new AuditedRun(null, null, null, false, status, code, count, 0));
        _unnamed = null;
    }

    private void Record()
    {
        if (_run.Count > 0) call.Record(_run);
        _run = default;
    }
}
