using AkkaSse.Cluster.Streams;

namespace AkkaSse.Cluster.Tests.Streams;

public sealed class NodeStreamTests
{
    private const long Message = 256 << 10;

    [Theory]
    [InlineData(0, Message, true)]
    [InlineData(100, Message - 100, true)]
    [InlineData(100, Message - 99, false)]
    [InlineData(Message - 1, 1, true)]
    [InlineData(Message - 1, 2, false)]
    [InlineData(Message, 1, false)]
    [InlineData(100, Message + 1, true)]
    [InlineData(Message, Message + 1, false)]
    [InlineData(100, 0, true)]
    [InlineData(Message, 0, false)]
    public void Append_joins_what_waits_unless_it_would_be_divided_where_a_message_of_its_own_would_take_it_whole(
        long waiting, long size, bool joins) =>
        NodeStream.Joins(waiting, size).ShouldBe(joins);
}
