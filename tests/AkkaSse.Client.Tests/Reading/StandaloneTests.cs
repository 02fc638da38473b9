namespace AkkaSse.Client.Tests.Reading;

public sealed class StandaloneTests
{
    [Fact]
    [Trait("parity", "CLI-19")]
    public async Task Encoder_and_decoder_work_without_http()
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        SseEncoder.Write(bytes, new SseEvent { Type = "t", Data = "a\nb", Id = "1" });
        using var stream = new MemoryStream(bytes.WrittenSpan.ToArray());
        var e = (await SseReader.ReadAllAsync(stream).TakeWithin(1)).Single().Event!;
        (e.Type, e.Data, e.LastEventId).ShouldBe(("t", "a\nb", "1"));
    }
}
