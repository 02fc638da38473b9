using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Asks the quota for the items of a run: for each by itself, but for neighbours that share the key of a batch. Those are answered
/// together, because a repetition of the batch has to find the same events under that key.
/// </summary>
internal sealed class BatchQuota(HttpContext context, IHubQuota quota)
{
    // Bytes of the items in the body, one for each item of the run.
    private readonly List<int> _lengths = new(BatchLimits.RunItems);

    public void Add(in BatchEntry entry) => _lengths.Add(entry.Length);

    /// <summary>Takes the items that are refused out of the run, and puts why at their places.</summary>
    /// <param name="items">What would go to the hub.</param>
    /// <param name="faults">One per item of the body: null for the next of the items.</param>
    public void Withhold(List<BatchItem> items, List<HubFault?> faults)
    {
        var (kept, place) = (0, 0);
        for (var i = 0; i < items.Count;)
        {
            var end = End(items, i);
            var bytes = 0L;
            for (var at = i; at < end; at++) bytes += _lengths[at];
            var fault = QuotaRules.Check(quota, Question(items[i]), end - i, bytes);
            for (; i < end; i++, place++)
            {
                while (faults[place] is not null) place++;
                if (fault is null) items[kept++] = items[i];
                else faults[place] = fault;
            }
        }
        items.RemoveRange(kept, items.Count - kept);
        _lengths.Clear();
    }

    private HubAccessRequest Question(in BatchItem item) => AccessRules.Ask(context, HubAction.Publish) with
    {
        Stream = item.Stream,
        Client = item.Client,
        Zone = item.Zone,
        Broadcast = item.Broadcast,
    };

    private static int End(List<BatchItem> items, int first)
    {
        var options = items[first].Options;
        var end = first + 1;
        if (!options.KeyCoversRun) return end;
        while (end < items.Count && items[end].Options.KeyCoversRun && items[end].Options.IdempotencyKey == options.IdempotencyKey) end++;
        return end;
    }
}
