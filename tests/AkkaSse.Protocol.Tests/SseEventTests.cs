using System.Text;

namespace AkkaSse.Protocol.Tests;

public class SseEventTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("007", 7)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", 0)]
    [InlineData("-1", 0)]
    [InlineData("+1", 0)]
    [InlineData(" 1", 0)]
    [InlineData("1-ab", 0)]
    [InlineData("", 0)]
    [InlineData(null, 0)]
    [Trait("parity", "CLI-17")]
    public void Id_reads_as_a_number_or_zero(string? id, long number) => new SseEvent { Id = id }.IdAsInt64.ShouldBe(number);

    [Fact]
    [Trait("parity", "CLI-17")]
    [Trait("parity", "PUB-08")]
    public void Data_can_be_given_and_read_as_text_or_bytes()
    {
        new SseEvent { Data = "ü" }.DataBytes!.Value.ToArray().ShouldBe([0xC3, 0xBC]);
        new SseEvent { DataBytes = new byte[] { 0xC3, 0xBC } }.Data.ShouldBe("ü");
        new SseEvent { DataBytes = new byte[] { 0xFF } }.Data.ShouldBe("\uFFFD");
        new SseEvent().Data.ShouldBeNull();
        new SseEvent().DataBytes.ShouldBeNull();
    }

    [Fact]
    [Trait("parity", "WIRE-07")]
    public void Absent_data_and_empty_data_differ()
    {
        new SseEvent().HasData.ShouldBeFalse();
        new SseEvent { Data = "" }.HasData.ShouldBeTrue();
        new SseEvent { DataBytes = ReadOnlyMemory<byte>.Empty }.HasData.ShouldBeTrue();
        new SseEvent { Data = null }.HasData.ShouldBeFalse();
    }

    [Fact]
    public void Data_set_last_counts()
    {
        new SseEvent { Data = "a", DataBytes = "b"u8.ToArray() }.Data.ShouldBe("b");
        Encoding.UTF8.GetString(new SseEvent { DataBytes = "b"u8.ToArray(), Data = "a" }.DataBytes!.Value.Span).ShouldBe("a");
        new SseEvent { DataBytes = "b"u8.ToArray(), Data = null }.Data.ShouldBe("b");
    }

    [Fact]
    public void Copy_has_everything_and_can_be_changed_in_part()
    {
        var original = new SseEvent
        {
            Type = "t", Id = "1", Data = "d", Retry = TimeSpan.FromSeconds(1), Comment = "c", Fields = [new("x", "y")], LastEventId = "0",
        };
        _ = original.DataBytes;
        var copy = new SseEvent(original) { Id = "2", Data = "e" };
        (copy.Type, copy.Id, copy.Data, copy.Retry, copy.Comment, copy.LastEventId).ShouldBe(("t", "2", "e", original.Retry, "c", "0"));
        copy.DataBytes!.Value.ToArray().ShouldBe("e"u8.ToArray());
        copy.Fields.ShouldBe(original.Fields);
        (original.Id, original.Data).ShouldBe(("1", "d"));
        Should.Throw<ArgumentNullException>(() => new SseEvent(null!));
        Should.Throw<ArgumentNullException>(() => new SseEvent { Fields = null! });
    }

    [Fact]
    [Trait("parity", "PUB-08")]
    public async Task Event_can_be_read_from_many_threads_at_once()
    {
        for (var round = 0; round < 200; round++)
        {
            var e = new SseEvent { Data = new string('ü', 50) };
            using var start = new Barrier(4);
            var readers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return e.DataBytes!.Value.Length;
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            (await Task.WhenAll(readers)).ShouldAllBe(n => n == 100);
        }
    }
}
