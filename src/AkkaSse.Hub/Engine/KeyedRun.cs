namespace AkkaSse.Hub.Engine;

/// <summary>Runs under one key (<see cref="PublishOptions.KeyCoversRun"/>): every engine decides the same items as one.</summary>
public static class KeyedRun
{
    /// <summary>
    /// The index after the items that are decided with the first one: itself and, when its key covers a run, the neighbours of the run.
    /// </summary>
    /// <param name="items">Items of one append.</param>
    /// <param name="first">The index of the first one.</param>
    public static int End(ReadOnlySpan<AppendItem> items, int first)
    {
        var options = items[first].Options;
        var end = first + 1;
        if (!options.KeyCoversRun || options.IdempotencyKey is null) return end;
        while (end < items.Length && IsOfRun(items[end].Options, options)) end++;
        return end;
    }

    private static bool IsOfRun(in PublishOptions options, in PublishOptions first) =>
        options.KeyCoversRun && options.IdempotencyKey == first.IdempotencyKey && options.Principal == first.Principal;
}
