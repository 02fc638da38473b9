using System.IO.Pipelines;
using System.Text;
using AkkaSse.Hub.Clients;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>The buffer of one client's sends: whole events in order, cut anywhere, bounded.</summary>
public sealed class InboxTests
{
    private static ReadOnlySpan<byte> Tail => "id: 7\n"u8;

    [Fact]
    public async Task Events_come_out_whole_and_in_order_however_they_are_cut()
    {
        var random = new Random(20261126);
        for (var round = 0; round < 200; round++)
        {
            var inbox = new Inbox();
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            var expected = new StringBuilder();
            var open = new StringBuilder();
            for (var step = 0; step < 60; step++)
            {
                if (random.Next(2) == 0)
                {
                    var text = new string((char)('a' + random.Next(26)), random.Next(1, 200));
                    inbox.TryAdd(Encoding.ASCII.GetBytes(text), dispatched: true).ShouldBe(true);
                    open.Append(text).Append("id: 7\n");
                }
                else
                {
                    var max = random.Next(1, 400);
                    var held = open.Length;
                    var count = inbox.Drain(pipe.Writer, max, Tail, out var atBoundary);
                    // The end of an event is written with its last byte.
                    count.ShouldBeInRange(Math.Min(max, held), Math.Min(max + Tail.Length, held));
                    expected.Append(open, 0, count);
                    open.Remove(0, count);
                    // Every event ends in the only newline it has.
                    atBoundary.ShouldBe(count == 0 ? atBoundary : open.Length == 0 || expected[^1] == '\n');
                    inbox.HasData.ShouldBe(open.Length > 0);
                }
            }
            inbox.Drain(pipe.Writer, int.MaxValue, Tail, out var last);
            last.ShouldBeTrue();
            expected.Append(open);
            await pipe.Writer.CompleteAsync();
            var read = await pipe.Reader.ReadAsync();
            Encoding.ASCII.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer)).ShouldBe(expected.ToString());
        }
    }

    [Fact]
    public void Bound_counts_what_is_held_and_not_what_is_out()
    {
        var inbox = new Inbox();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var kilobyte = new byte[1 << 10];
        var taken = 0;
        while (inbox.TryAdd(kilobyte, dispatched: false) == true) taken++;
        taken.ShouldBe(Inbox.MaxEvents);
        inbox.Drain(pipe.Writer, 1_500, Tail, out var atBoundary);
        atBoundary.ShouldBeFalse();
        inbox.TryAdd(kilobyte, dispatched: false).ShouldBe(true);
        inbox.TryAdd(kilobyte, dispatched: false).ShouldBe(false);
        inbox.Close();
        inbox.TryAdd(kilobyte, dispatched: false).ShouldBeNull();
    }
}
