using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Streams;

/// <summary>An event that was written as a frame, and read from it for history and for readers inside the process.</summary>
public sealed class FrameTests
{
    [Theory]
    [InlineData(StreamIds.Hub)]
    [InlineData(StreamIds.Caller)]
    public void Every_property_comes_out_as_it_went_in(StreamIds ids)
    {
        var e = CompleteEvent.Event();
        CompleteEvent.ShouldBeSame(Read(e, new StreamOptions { Ids = ids }), e);
        CompleteEvent.ShouldBeSame(ReadStored(e, ids), e);
    }

    [Fact]
    public void Event_with_many_fields_keeps_its_data()
    {
        var fields = Enumerable.Range(0, 100).Select(static i => new KeyValuePair<string, string>($"f{i}", "")).ToArray();
        var e = new SseEvent(CompleteEvent.Event()) { Data = new string('x', 3_000), Fields = fields };
        CompleteEvent.ShouldBeSame(Read(e, new StreamOptions()), e);
    }

    [Fact]
    public void Longest_retry_is_kept()
    {
        var e = new SseEvent { Data = "d", Retry = TimeSpan.FromMilliseconds(int.MaxValue) };
        Read(e, new StreamOptions()).Retry.ShouldBe(e.Retry);
        var transient = new SseEvent { Comment = "c", Retry = TimeSpan.FromMilliseconds(int.MaxValue) };
        CompleteEvent.ShouldBeSame(Read(transient, new StreamOptions()), transient);
    }

    private static SseEvent Read(SseEvent e, StreamOptions options)
    {
        var buffer = FrameBuffer.Rent();
        var callerId = FrameEncoder.WriteHead(buffer, new AppendItem(e, default), options);
        return FrameDecoder.Decode(buffer.Written, callerId ?? "1-abc");
    }

    private static SseEvent ReadStored(SseEvent e, StreamIds ids)
    {
        var stored = StoredEvent.Of(new AppendItem(e, default), 1, 1, ids, base64: false);
        var buffer = FrameBuffer.Rent();
        FrameEncoder.WriteStored(buffer, stored);
        return FrameDecoder.Decode(buffer.Written, stored.CallerId ? e.Id : "1-abc");
    }
}
