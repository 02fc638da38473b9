using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Engine;

public sealed class KeyedRunTests
{
    private static AppendItem Item(string? key, bool covers = true, string? principal = null) =>
        new(new SseEvent { Data = "d" }, new PublishOptions { IdempotencyKey = key, KeyCoversRun = covers, Principal = principal });

    [Fact]
    public void Neighbours_with_the_key_of_a_run_are_decided_as_one()
    {
        AppendItem[] items = [Item("a"), Item("a"), Item("b"), Item("b"), Item("b")];
        Ends(items).ShouldBe([2, 5]);
    }

    [Fact]
    public void Other_principals_keys_of_one_item_and_items_without_a_key_end_a_run()
    {
        Ends([Item("a"), Item("a", principal: "p"), Item("a", principal: "p")]).ShouldBe([1, 3]);
        Ends([Item("a"), Item("a", covers: false), Item("a", covers: false)]).ShouldBe([1, 2, 3]);
        Ends([Item(null), Item(null), Item("a")]).ShouldBe([1, 2, 3]);
    }

    private static List<int> Ends(ReadOnlySpan<AppendItem> items)
    {
        var ends = new List<int>();
        for (var i = 0; i < items.Length; i = ends[^1]) ends.Add(KeyedRun.End(items, i));
        return ends;
    }
}
