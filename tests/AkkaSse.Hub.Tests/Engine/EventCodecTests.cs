using System.Buffers;
using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Engine;

/// <summary>
/// The bytes that engines store and nodes send: nothing is lost, and what was written once is read by every later version.
/// </summary>
public sealed class EventCodecTests
{
    [Fact]
    public void Every_property_comes_out_as_it_went_in()
    {
        var item = new AppendItem(CompleteEvent.Event(), CompleteEvent.Options());
        EventCodec.PartsOf(item).ShouldBe(EventParts.All);
        var read = EventCodec.Read(Bytes(item));
        CompleteEvent.ShouldBeSame(read.Event, item.Event);
        CompleteEvent.ShouldBeStoredOf(read.Options, item.Options);
    }

    [Fact]
    public void Any_of_the_parts_may_be_absent()
    {
        var names = CompleteEvent.Properties.Concat(CompleteEvent.StoredOptions).ToArray();
        for (var absent = 0; absent < 1 << names.Length; absent++)
        {
            var without = names.Where((_, i) => (absent & (1 << i)) != 0).ToArray();
            var item = new AppendItem(CompleteEvent.Event(without), CompleteEvent.Options(without));
            var bytes = Bytes(item);
            var read = EventCodec.Read(bytes);
            CompleteEvent.ShouldBeSame(read.Event, item.Event);
            CompleteEvent.ShouldBeStoredOf(read.Options, item.Options);
            EventCodec.PartsOf(read).ShouldBe(EventCodec.PartsOf(item));
            EventCodec.BytesOf(item).ShouldBe(bytes.Length);
            EventCodec.TtlOf(bytes.Span).ShouldBe(item.Options.Ttl);
            EventCodec.TryGetId(bytes.Span, out var id).ShouldBe(item.Event.Id is not null);
            System.Text.Encoding.UTF8.GetString(id).ShouldBe(item.Event.Id ?? "");
        }
    }

    [Fact]
    public void Empty_and_absent_are_different()
    {
        var empty = new SseEvent { Type = "", Id = "", Data = "", Comment = "" };
        var read = EventCodec.Read(Bytes(new AppendItem(empty, new PublishOptions { ConflateKey = "" })));
        (read.Event.Type, read.Event.Id, read.Event.Data, read.Event.Comment, read.Options.ConflateKey).ShouldBe(("", "", "", "", ""));
        EventCodec.TryGetId(Bytes(new AppendItem(new SseEvent { Id = "" }, default)).Span, out var id).ShouldBeTrue();
        id.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData(42)]
    [InlineData(43)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(20_000)]
    public void Texts_of_any_length_come_out_as_they_went_in(int length)
    {
        foreach (var letter in new[] { "a", "ü", "\u20AC", "\U0001F600" })
        {
            var text = string.Concat(Enumerable.Repeat(letter, length));
            var e = new SseEvent { Type = text, Id = text, Comment = text, Fields = [new(text, text)], Data = text };
            var item = new AppendItem(e, default);
            var bytes = Bytes(item);
            CompleteEvent.ShouldBeSame(EventCodec.Read(bytes).Event, item.Event);
            EventCodec.SizeOf(item).ShouldBeGreaterThanOrEqualTo(bytes.Length);
            EventCodec.BytesOf(item).ShouldBe(bytes.Length);
        }
    }

    [Fact]
    public void Bytes_are_those_that_engines_have_stored()
    {
        Hex(new AppendItem(new SseEvent { Data = "d" }, default)).ShouldBe("010164");
        var options = new PublishOptions { Ttl = TimeSpan.FromTicks(10), ConflateKey = "k" };
        Hex(new AppendItem(new SseEvent { Type = "t", Id = "i", Data = "d" }, options)).ShouldBe("011f0a01690174016b64");
        var transient = new SseEvent { Comment = "c", Retry = TimeSpan.FromTicks(200), Fields = [new("f", "v")] };
        Hex(new AppendItem(transient, default)).ShouldBe("01e0010163c8010101660176");
    }

    [Fact]
    public void Text_and_the_same_bytes_are_the_same_event()
    {
        var text = CompleteEvent.Event();
        Hex(new AppendItem(new SseEvent(text) { DataBytes = text.DataBytes }, default)).ShouldBe(Hex(new AppendItem(text, default)));
    }

    [Fact]
    public void Part_of_a_later_version_is_passed_over()
    {
        // The numbers 2^21 and 2^23, of three bytes and of none, between the comment and the data.
        var read = EventCodec.Read(new byte[] { 1, 0xA1, 0x80, 0x80, 0x05, 1, (byte)'c', 3, 9, 9, 9, 0, (byte)'d' });
        CompleteEvent.ShouldBeSame(read.Event, new SseEvent { Comment = "c", Data = "d" });
        EventCodec.TtlOf(new byte[] { 1, 0x82, 0x80, 0x80, 0x01, 10, 0 }).ShouldBe(TimeSpan.FromTicks(10));
        Should.Throw<FormatException>(() => EventCodec.Read(new byte[] { 1, 0x80, 0x80, 0x80, 0x01, 3, 9, 9 }), "the part is cut");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(255)]
    public void Version_that_is_not_known_is_refused(byte version)
    {
        var bytes = Bytes(new AppendItem(CompleteEvent.Event(), CompleteEvent.Options())).ToArray();
        bytes[0] = version;
        Should.Throw<FormatException>(() => EventCodec.Read(bytes)).Message.ShouldContain($"{version}");
        Should.Throw<FormatException>(() => EventCodec.TtlOf(bytes));
        Should.Throw<FormatException>(() => EventCodec.TryGetId(bytes, out _));
    }

    [Fact]
    public void Bytes_that_are_cut_before_the_data_or_go_on_after_the_last_part_are_refused()
    {
        var item = new AppendItem(CompleteEvent.Event(nameof(SseEvent.Data)), CompleteEvent.Options());
        var bytes = Bytes(item);
        for (var length = 0; length < bytes.Length; length++)
            Should.Throw<FormatException>(() => EventCodec.Read(bytes[..length]), $"{length} of {bytes.Length} bytes");
        Should.Throw<FormatException>(() => EventCodec.Read((byte[])[.. bytes.Span, 0]));
    }

    [Fact]
    public void Rubbish_is_a_format_fault_or_an_event_and_nothing_else()
    {
        var random = new Random(7);
        var whole = Bytes(new AppendItem(CompleteEvent.Event(), CompleteEvent.Options())).ToArray();
        var faults = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = i % 2 == 0 ? new byte[random.Next(0, 40)] : whole.ToArray();
            if (i % 2 == 0) random.NextBytes(bytes);
            else bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            if (bytes.Length > 0 && i % 4 == 0) bytes[0] = EventCodec.Version;
            try
            {
                EventCodec.Read(bytes);
            }
            catch (FormatException)
            {
                // That is what readers are promised.
                faults++;
            }
        }
        faults.ShouldBeInRange(1_000, 19_000);
    }

    [Fact]
    public void Parts_that_are_kept_elsewhere_are_left_out()
    {
        var item = new AppendItem(CompleteEvent.Event(), CompleteEvent.Options());
        var output = new ArrayBufferWriter<byte>();
        EventCodec.Write(output, item, EventParts.All & ~(EventParts.Data | EventParts.Id | EventParts.Ttl));
        var read = EventCodec.Read(output.WrittenMemory);
        EventCodec.PartsOf(read).ShouldBe(EventParts.All & ~(EventParts.Data | EventParts.Id | EventParts.Ttl));
        CompleteEvent.ShouldBeSame(new SseEvent(read.Event) { Id = item.Event.Id, Data = item.Event.Data }, item.Event);
    }

    [Fact]
    public void Size_counts_data_characters_and_fields_and_is_never_less_than_the_bytes()
    {
        var e = new SseEvent { Data = "dd", Type = "ü", Fields = [new("a", "bc")] };
        var item = new AppendItem(e, new PublishOptions { ConflateKey = "k" });
        EventCodec.SizeOf(item).ShouldBe(64 + 2 + 3 + 10 + 9 + 3);
        EventCodec.SizeOf([item, item]).ShouldBe(2 * EventCodec.SizeOf(item));
        var complete = new AppendItem(CompleteEvent.Event(), new PublishOptions { Ttl = TimeSpan.MaxValue, ConflateKey = "k" });
        EventCodec.SizeOf(complete).ShouldBeGreaterThanOrEqualTo(Bytes(complete).Length);
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var item = new AppendItem(CompleteEvent.Event(), CompleteEvent.Options());
        var output = new ArrayBufferWriter<byte>(4096);
        var allocated = new long[10];
        for (var i = 0; i < allocated.Length * 100; i++)
        {
            output.ResetWrittenCount();
            var before = GC.GetAllocatedBytesForCurrentThread();
            EventCodec.Write(output, item);
            allocated[i / 100] += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        // The first batch makes the event's own bytes of its text.
        allocated.Min().ShouldBe(0, string.Join(' ', allocated));
    }

    private static ReadOnlyMemory<byte> Bytes(in AppendItem item)
    {
        var output = new ArrayBufferWriter<byte>();
        EventCodec.Write(output, item);
        return output.WrittenMemory;
    }

    private static string Hex(in AppendItem item) => Convert.ToHexStringLower(Bytes(item).Span);
}
