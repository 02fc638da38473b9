using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.AspNetCore;

/// <summary>Items that go to the hub together, and the answers to them, written in the order of the body.</summary>
internal sealed class BatchRun(
    EdgeContext edge, BatchAnswers answers, RunMemory memory, string? principal, BatchAudit? audit, BatchQuota? quota)
{
    private readonly List<BatchItem> _items = new(BatchLimits.RunItems);

    // One per item of the body: null for the next of _items.
    private readonly List<HubFault?> _faults = new(BatchLimits.RunItems);

    // One per item of the body, for the audit: what was refused before it reached the hub is in no other list.
    private readonly List<BatchEntry>? _targets = audit is null ? null : new(BatchLimits.RunItems);
    private long _bytes;
    private int _kept;

    public bool IsFull => _faults.Count >= BatchLimits.RunItems || _bytes >= BatchLimits.RunBytes;

    public void Add(in BatchEntry entry)
    {
        _faults.Add(entry.Fault);
        _targets?.Add(entry with { Data = null, Fields = null });
        if (entry.Fault is not null) return;
        quota?.Add(entry);
        _bytes += entry.Data?.Length ?? 0;
        var e = entry.Fields is null
            ? new SseEvent { Type = entry.Type, Id = entry.Id, Retry = entry.Retry, Comment = entry.Comment, DataBytes = entry.Data }
            : new SseEvent
              {
                  Type = entry.Type,
                  Id = entry.Id,
                  Retry = entry.Retry,
                  Comment = entry.Comment,
                  DataBytes = entry.Data,
                  Fields = entry.Fields,
              };
        _items.Add(new BatchItem
        {
            Stream = entry.Stream,
            Client = entry.Client,
            Zone = entry.Zone,
            Broadcast = entry.Broadcast,
            Event = e,
            Options = new PublishOptions
            {
                IdempotencyKey = entry.Key,
                KeyCoversRun = entry.KeyCoversRun,
                Principal = entry.Key is null ? null : principal,
                ConflateKey = entry.Conflate,
                Ttl = entry.Ttl,
            },
        });
    }

    public bool IsEmpty => _faults.Count == 0;

    /// <summary>Moves the data of what was added into the run's own memory: the block that they lie in is about to go.</summary>
    public void Keep()
    {
        for (; _kept < _items.Count; _kept++)
        {
            var item = _items[_kept];
            if (item.Event.DataBytes is not { } data) continue;
            var own = memory.Rent(data.Length);
            data.CopyTo(own);
            _items[_kept] = item with { Event = new SseEvent(item.Event) { DataBytes = own } };
        }
    }

    /// <summary>Publishes what was added and writes the answers.</summary>
    public async ValueTask FlushAsync()
    {
        if (_faults.Count == 0) return;
        quota?.Withhold(_items, _faults);
        // Not cancelled when the sender goes away: what was begun should end with a known outcome.
        var results = _items.Count == 0 ? [] : await edge.Hub.PublishBatchAsync(_items, CancellationToken.None).ConfigureAwait(false);
        var next = 0;
        for (var i = 0; i < _faults.Count; i++)
        {
            if (_faults[i] is { } fault)
            {
                answers.Write(fault);
                if (_targets is not null)
                    audit!.Add(_targets[i].Stream, _targets[i].Client, _targets[i].Zone, _targets[i].Broadcast, 0, fault);
                continue;
            }
            Write(_items[next], results[next]);
            next++;
        }

        _items.Clear();
        _kept = 0;
        _faults.Clear();
        _targets?.Clear();
        _bytes = 0;
        memory.Reset();
    }

    private void Write(in BatchItem item, in BatchItemResult result)
    {
        HubFault? fault = null;
        if (result.Publish is { } published)
        {
            if (published.Status == PublishStatus.Accepted) answers.Write(published);
            else answers.Write(fault = published.Status == PublishStatus.Invalid && IsNotUtf8(item)
                ? NotUtf8()
                : PublishAnswers.Fault(published, default, utf8: true, edge.Edge));
        }
        else if (result.Send is { } sent)
        {
            if (sent.Status == SendStatus.Accepted) answers.Write(sent);
            else answers.Write(fault = sent.Status == SendStatus.Invalid && IsNotUtf8(item)
                ? NotUtf8()
                : PublishAnswers.Fault(sent, utf8: true, edge.Edge));
        }
        audit?.Add(item.Stream, item.Client, item.Zone, item.Broadcast, item.Event.DataBytes?.Length ?? 0, fault);
    }

    private static bool IsNotUtf8(in BatchItem item) => item.Event.DataBytes is { } data && !SseFieldRules.IsUtf8(data.Span);

    private static HubFault NotUtf8() =>
        new(400, HubErrorCodes.DataNotUtf8, "The data are not UTF-8; only a stream with the option base64 takes any bytes.");
}
