using System.Globalization;

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

    /// <summary>
    /// An item that is decided by itself. A key of a run on a stream whose appends may wait for readers: there a run cannot be one step,
    /// and each item has a key of its own.
    /// </summary>
    /// <param name="items">Items of one append.</param>
    /// <param name="place">The index of the item.</param>
    internal static AppendItem Single(ReadOnlySpan<AppendItem> items, int place)
    {
        var item = items[place];
        if (item.Options is not { KeyCoversRun: true, IdempotencyKey: { } runKey }) return item;
        var before = 0;
        while (before < place && items[place - before - 1].Options.IdempotencyKey == runKey) before++;
        return item with
        {
            Options = item.Options with
            {
                KeyCoversRun = false,
                IdempotencyKey = string.Create(CultureInfo.InvariantCulture, $"{runKey}.{before}"),
            },
        };
    }

    private static bool IsOfRun(in PublishOptions options, in PublishOptions first) =>
        options.KeyCoversRun && options.IdempotencyKey == first.IdempotencyKey && options.Principal == first.Principal;
}
