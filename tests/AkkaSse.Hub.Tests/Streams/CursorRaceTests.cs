using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Tests.Streams;

/// <summary>A cursor reads without a lock what is being appended: chunks fill, close and get successors under its eyes.</summary>
public sealed class CursorRaceTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("parity", "RPL-06")]
    [Trait("parity", "PUB-13")]
    public async Task Cursor_that_follows_appends_closely_passes_over_none(bool whole)
    {
        var events = Soak.Of(3_000_000, 300_000);
        var log = new StreamLog(new StreamOptions { MaxEvents = 100_000_000, MaxBytes = 1L << 40 }, new LogBudget(1L << 40));
        log.Begin("e", 0, 0, 0);
        var node = new StreamActor(
            "s", new AkkaSse.Hub.Actors.ActorCount(), static (e, where) => throw new InvalidOperationException(where, e));
        node.Attached(new LogAttachment(log));
        var cursor = Cursor.Open(node, ReaderStart.From(StartPosition.Earliest), 1);
        var head = "data: 0123456789012345678901234567890123456789\n"u8.ToArray();
        var writer = Task.Run(() =>
        {
            for (var i = 0; i < events; i++) log.Append(new LogFrame { Head = head.AsSpan(0, head.Length), At = 1 }, out _).ShouldBeTrue();
        });
        var next = 1L;
        while (next <= events)
        {
            if (cursor.Read(whole, null, TimeProvider.System, 64 << 10, out var run) != CursorState.Data)
            {
                if (writer.IsFaulted) await writer;
                continue;
            }
            (run.Offset - run.Events + 1).ShouldBe(next);
            next = run.Offset + 1;
        }
        await writer;
    }
}
