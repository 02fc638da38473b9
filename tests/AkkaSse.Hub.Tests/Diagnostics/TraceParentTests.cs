using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Tests.Diagnostics;

/// <summary>A traceparent is 55 characters of one form, or none.</summary>
public sealed class TraceParentTests
{
    private const string Valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Theory]
    [InlineData(Valid)]
    [InlineData("00-00000000000000000000000000000001-0000000000000001-00")]
    [InlineData("00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff")]
    public void Text_comes_out_as_it_went_in(string text)
    {
        TraceParent.TryParse(text, out var parsed).ShouldBeTrue();
        parsed.ToString().ShouldBe(text);
        Span<byte> bytes = stackalloc byte[TraceParent.Bytes];
        parsed.Write(bytes);
        TraceParent.Read(bytes).ShouldBe(parsed);
        parsed.ToContext().TraceId.ToHexString().ShouldBe(text[3..35]);
        parsed.ToContext().IsRemote.ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0 ")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01")]
    [InlineData("00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01")]
    public void Other_texts_are_refused_and_no_event_carries_them(string text)
    {
        TraceParent.TryParse(text, out var parsed).ShouldBeFalse();
        parsed.IsSet.ShouldBeFalse();
        EventRules.Check(new SseEvent { Data = "x" }, new PublishOptions { TraceParent = text }).ShouldBe(TraceParent.Allowed);
    }

    [Fact]
    public void Bytes_of_another_length_and_of_no_trace_are_none()
    {
        TraceParent.Read(new byte[TraceParent.Bytes]).ShouldBe(default);
        TraceParent.Read(new byte[TraceParent.Bytes + 1]).ShouldBe(default);
        TraceParent.Read([]).ShouldBe(default);
    }
}
