namespace AkkaSse.Protocol.Tests;

[Trait("parity", "WIRE-05")]
public class FieldRulesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("created")]
    [InlineData(" any: text, ü 😀 \t")]
    public void Type_may_be_any_text_of_one_line(string? type) => SseFieldRules.CheckType(type).ShouldBeNull();

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    [InlineData("\n")]
    public void Type_that_breaks_its_line_is_refused(string type) =>
        SseFieldRules.CheckType(type).ShouldNotBeNull().ShouldContain("allowed");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("12-ab")]
    [InlineData("a b~!\"")]
    public void Id_may_be_printable_ASCII(string? id) => SseFieldRules.CheckId(id).ShouldBeNull();

    [Theory]
    [InlineData(" a", "space")]
    [InlineData("a ", "space")]
    [InlineData(" ", "space")]
    [InlineData("a\nb", "printable")]
    [InlineData("a\rb", "printable")]
    [InlineData("a\0b", "printable")]
    [InlineData("a\tb", "printable")]
    [InlineData("é", "printable")]
    [InlineData("\u007f", "printable")]
    public void Id_that_would_not_come_back_the_same_is_refused(string id, string reason)
    {
        var fault = SseFieldRules.CheckId(id).ShouldNotBeNull();
        fault.ShouldContain(reason);
        fault.ShouldContain("allowed");
    }

    [Fact]
    public void Id_is_bounded()
    {
        SseFieldRules.CheckId(new string('x', 1024)).ShouldBeNull();
        SseFieldRules.CheckId(new string('x', 1025)).ShouldNotBeNull().ShouldContain("1025");
        SseFieldRules.MaxIdLength.ShouldBe(1024);
    }

    [Fact]
    public void Retry_is_a_whole_number_of_milliseconds_from_zero()
    {
        SseFieldRules.CheckRetry(null).ShouldBeNull();
        SseFieldRules.CheckRetry(TimeSpan.Zero).ShouldBeNull();
        SseFieldRules.CheckRetry(TimeSpan.FromMilliseconds(int.MaxValue)).ShouldBeNull();
        SseFieldRules.CheckRetry(TimeSpan.FromMilliseconds(int.MaxValue + 1L)).ShouldNotBeNull().ShouldContain("too long");
        SseFieldRules.CheckRetry(TimeSpan.MaxValue).ShouldNotBeNull();
        SseFieldRules.CheckRetry(TimeSpan.FromMilliseconds(-1)).ShouldNotBeNull().ShouldContain("negative");
        SseFieldRules.CheckRetry(TimeSpan.FromTicks(1)).ShouldNotBeNull().ShouldContain("whole");
        SseFieldRules.CheckRetry(Timeout.InfiniteTimeSpan).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("eid", true)]
    [InlineData("X-Trace_1", true)]
    [InlineData("Data", true)]
    [InlineData("IDs", true)]
    [InlineData("data", false)]
    [InlineData("event", false)]
    [InlineData("id", false)]
    [InlineData("retry", false)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a:b", false)]
    [InlineData("a\n", false)]
    [InlineData("é", false)]
    [Trait("parity", "WIRE-11")]
    public void Field_name_is_a_token_the_specification_does_not_use(string name, bool fine)
    {
        (SseFieldRules.CheckFieldName(name) is null).ShouldBe(fine);
    }

    [Fact]
    public void Field_name_is_bounded()
    {
        SseFieldRules.CheckFieldName(new string('n', 64)).ShouldBeNull();
        SseFieldRules.CheckFieldName(new string('n', 65)).ShouldNotBeNull().ShouldContain("65");
        SseFieldRules.CheckFieldName(null!).ShouldNotBeNull();
    }

    [Fact]
    public void Field_value_is_any_text_of_one_line()
    {
        SseFieldRules.CheckFieldValue("").ShouldBeNull();
        SseFieldRules.CheckFieldValue(" : ü").ShouldBeNull();
        SseFieldRules.CheckFieldValue("a\nb").ShouldNotBeNull();
        SseFieldRules.CheckFieldValue("a\rb").ShouldNotBeNull();
        SseFieldRules.CheckFieldValue("a\0b").ShouldNotBeNull();
        SseFieldRules.CheckFieldValue(null!).ShouldNotBeNull();
    }

    public static TheoryData<string, SseEvent> Faulty() => new()
    {
        { "event", new SseEvent { Data = "", Type = "a\nb" } },
        { "id", new SseEvent { Data = "", Id = "a\nb" } },
        { "retry", new SseEvent { Data = "", Retry = TimeSpan.FromMilliseconds(-1) } },
        { "x", new SseEvent { Data = "", Fields = [new("x", "a\nb")] } },
        { "a b", new SseEvent { Data = "", Fields = [new("a b", "")] } },
        { "", new SseEvent { Data = "", Fields = [new(null!, "")] } },
        { "data", new SseEvent { DataBytes = new byte[] { 0xFF } } },
        { "data", new SseEvent() },
        { "data", new SseEvent { Type = "t", Id = "1", Fields = [new("x", "y")] } },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    [Trait("parity", "WIRE-08")]
    public void Fault_names_its_field_and_what_is_allowed(string field, SseEvent e)
    {
        var fault = Should.Throw<SseFormatException>(() => SseFieldRules.Validate(e));
        fault.Field.ShouldBe(field);
        fault.Message.ShouldEndWith(".");
    }

    [Fact]
    public void Data_comment_or_retry_alone_is_enough()
    {
        SseFieldRules.Validate(new SseEvent { Data = "" });
        SseFieldRules.Validate(new SseEvent { DataBytes = ReadOnlyMemory<byte>.Empty });
        SseFieldRules.Validate(new SseEvent { Comment = "" });
        SseFieldRules.Validate(new SseEvent { Retry = TimeSpan.Zero });
    }
}
