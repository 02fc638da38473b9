namespace AkkaSse.Hub.Engine;

/// <summary>A page of streams out of the names of those that are listed. Pure.</summary>
internal static class NamePage
{
    /// <param name="names">All names, in ordinal order. Not changed meanwhile.</param>
    /// <param name="prefix">What the names begin with; null: any.</param>
    /// <param name="after">The last name of the page before; null: the first page.</param>
    /// <param name="limit">The most items.</param>
    /// <param name="find">The stream of a name; null when it does not exist now.</param>
    internal static Page<StreamInfo> Of(SortedSet<string> names, string? prefix, string? after, int limit, Func<string, StreamInfo?> find)
    {
        var items = new List<StreamInfo>(Math.Min(limit, 1000));
        prefix ??= "";
        var from = after is null || string.CompareOrdinal(after, prefix) < 0 ? prefix : after;
        if (names.Max is not { } last || string.CompareOrdinal(from, last) > 0) return new Page<StreamInfo>(items, null);
        foreach (var name in names.GetViewBetween(from, last))
        {
            if (name == after) continue;
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) break;
            if (items.Count == limit) return new Page<StreamInfo>(items, items[^1].Name);
            if (find(name) is { } found) items.Add(found);
        }
        return new Page<StreamInfo>(items, null);
    }
}
