using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Tests.Engine;

public sealed class EpochsTests
{
    [Fact]
    public void New_epoch_is_one_that_positions_take_and_none_comes_twice()
    {
        var epochs = Enumerable.Range(0, 1_000).Select(static _ => Epochs.New('m')).ToArray();
        epochs.ShouldAllBe(static e => e.Length == 9 && e[0] == 'm');
        foreach (var epoch in epochs)
        {
            StreamPosition.TryParse($"7-{epoch}", out var position).ShouldBeTrue(epoch);
            position.ShouldBe(new StreamPosition(epoch, 7));
        }
        epochs.ShouldBeUnique();
    }
}
