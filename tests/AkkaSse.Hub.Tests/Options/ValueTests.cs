using AkkaSse.Hub.Nodes;

namespace AkkaSse.Hub.Tests.Options;

public sealed class ValueTests
{
    [Theory]
    [InlineData("0-0", true)]
    [InlineData("7-abc09", true)]
    [InlineData("9223372036854775807-m", true)]
    [InlineData("9223372036854775808-m", false)]
    [InlineData("07-a", false)]
    [InlineData("-1-a", false)]
    [InlineData("7-", false)]
    [InlineData("7", false)]
    [InlineData("-a", false)]
    [InlineData("7-A", false)]
    [InlineData("7-a-b", false)]
    [InlineData(" 7-a", false)]
    [InlineData("7-abcdefghijklmnop", true)]
    [InlineData("7-abcdefghijklmnopq", false)]
    [InlineData("٣-a", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Position_is_read_in_exactly_its_form(string? text, bool fits)
    {
        StreamPosition.TryParse(text, out var position).ShouldBe(fits);
        if (fits) position.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("15s", 15_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("PT15S", 15_000)]
    [InlineData("0s", 0)]
    [InlineData("10000d", 864_000_000_000)]
    public void Duration_is_read_and_comes_back(string text, double milliseconds)
    {
        Durations.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalMilliseconds.ShouldBe(milliseconds);
        Durations.TryParse(Durations.Format(duration), out var again).ShouldBeTrue();
        again.ShouldBe(duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("15")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("-5s")]
    [InlineData("1e3s")]
    [InlineData("5 s")]
    [InlineData("10001d")]
    [InlineData("PT")]
    [InlineData("-PT5S")]
    [InlineData("99999999999999999999999999999d")]
    public void Foreign_duration_is_refused(string? text) => Durations.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(1, "0.0001ms")]
    [InlineData(15_000, "1.5ms")]
    [InlineData(-1, "-0.0001ms")]
    [InlineData(10_000, "1ms")]
    public void Duration_below_a_millisecond_is_not_said_to_be_nothing(long ticks, string text) =>
        Durations.Format(TimeSpan.FromTicks(ticks)).ShouldBe(text);

    [Fact]
    public void Age_is_not_negative_and_one_that_reaches_before_time_means_everything()
    {
        Should.Throw<ArgumentOutOfRangeException>(static () => StartPosition.FromAge(TimeSpan.FromTicks(-1)));
        StartPosition.FromAge(TimeSpan.MaxValue).Age.ShouldBe(TimeSpan.FromDays(10_000));
    }

    [Fact]
    public void Position_of_a_refused_publish_is_before_the_first_event()
    {
        default(PublishResult).Position.ToString().ShouldBe("0-0");
        default(StreamPosition).IsBeforeFirst.ShouldBeTrue();
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("earliest")]
    [InlineData("last:5")]
    [InlineData("offset:7")]
    [InlineData("after:7-abc")]
    [InlineData("10m")]
    public void Start_of_another_node_is_the_start_that_was_asked_for(string text)
    {
        StartText.TryRead(text, out var start).ShouldBeTrue();
        StartText.Write(start!).ShouldBe(text);
    }

    [Theory]
    [InlineData("after:")]
    [InlineData("after:7")]
    [InlineData("whatever a later version writes")]
    public void Start_that_is_not_known_is_refused_and_is_not_the_latest(string text) => StartText.TryRead(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("latest", StartKind.Latest)]
    [InlineData("earliest", StartKind.Earliest)]
    [InlineData("last:5", StartKind.Last)]
    [InlineData("offset:0", StartKind.Offset)]
    [InlineData("10m", StartKind.Age)]
    [InlineData("2026-01-02T03:04:05Z", StartKind.Time)]
    [InlineData("2026-01-02T03:04:05+02:00", StartKind.Time)]
    [InlineData("2026-01-02T03:04:05 02:00", StartKind.Time)]
    public void Start_is_read(string text, StartKind kind)
    {
        StartPosition.TryParse(text, out var start).ShouldBeTrue();
        start!.Kind.ShouldBe(kind);
    }

    [Fact]
    public void Space_for_plus_is_the_same_time()
    {
        StartPosition.TryParse("2026-01-02T03:04:05 02:00", out var start).ShouldBeTrue();
        start!.Time.ShouldBe(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)));
    }

    [Theory]
    [InlineData("last:")]
    [InlineData("last:-1")]
    [InlineData("offset:x")]
    [InlineData("LATEST")]
    [InlineData("7")]
    [InlineData("2026-01-02")]
    [InlineData("")]
    public void Foreign_start_is_refused(string text) => StartPosition.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("a", true)]
    [InlineData("a/b c ü 😀", true)]
    [InlineData("", false)]
    [InlineData("$x", false)]
    [InlineData("a\u0000", false)]
    [InlineData("a\u007f", false)]
    [InlineData("a\u0085", false)]
    [InlineData("😀\n", false)]
    [Trait("parity", "STR-09")]
    public void Name_is_checked(string name, bool fits) => (HubNames.Check(name) is null).ShouldBe(fits);

    [Fact]
    [Trait("parity", "STR-09")]
    public void Half_a_surrogate_pair_is_no_name()
    {
        HubNames.Check("a" + (char)0xD800).ShouldNotBeNull();
        HubNames.Check((char)0xDC00 + "a").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("x", 256, true)]
    [InlineData("x", 257, false)]
    [InlineData("ü", 128, true)]
    [InlineData("ü", 129, false)]
    [InlineData("😀", 64, true)]
    [InlineData("😀", 65, false)]
    [Trait("parity", "STR-09")]
    public void Name_is_measured_in_bytes(string unit, int count, bool fits) =>
        (HubNames.Check(string.Concat(Enumerable.Repeat(unit, count))) is null).ShouldBe(fits);

    [Fact]
    [Trait("parity", "CFG-01")]
    [Trait("parity", "CFG-03")]
    [Trait("parity", "CFG-05")]
    [Trait("parity", "CFG-06")]
    [Trait("parity", "CFG-10")]
    [Trait("parity", "CFG-11")]
    [Trait("parity", "CFG-13")]
    public void Defaults_are_valid_and_as_decided()
    {
        var hub = new HubOptions();
        hub.Validate().ShouldBeEmpty();
        (hub.AutoCreate, hub.Heartbeat, hub.WriteTimeout, hub.WriteTolerance).ShouldBe(
            (false, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(5), 3));
        var stream = new StreamOptions();
        (stream.WaitBound, stream.Ttl, stream.Base64, stream.Replay, stream.SlowReader).ShouldBe(
            (1_024, (TimeSpan?)null, false, true, SlowReaderPolicy.Skip));
        (stream.MaxEvents, stream.MaxBytes, stream.MaxAge).ShouldBe((100_000, 64L << 20, TimeSpan.FromHours(24)));
        HubNames.DefaultZone.ShouldBe("default");
    }

    public static TheoryData<Action<HubOptions>, string> Faults => new()
    {
        { static o => o.NodeName = "a b", "NodeName" },
        { static o => o.NodeName = "", "NodeName" },
        { static o => o.MaxEventBytes = 0, "MaxEventBytes" },
        { static o => o.MaxLogBytes = 1, "MaxLogBytes" },
        { static o => o.MaxStreams = 0, "MaxStreams" },
        { static o => o.MaxConnections = 0, "MaxConnections" },
        { static o => o.MaxStreamsPerConnection = 33, "MaxStreamsPerConnection" },
        { static o => o.Heartbeat = TimeSpan.FromMilliseconds(1), "Heartbeat" },
        { static o => o.WriteTimeout = TimeSpan.Zero, "WriteTimeout" },
        { static o => o.WriteTolerance = -1, "WriteTolerance" },
        { static o => o.IdempotencyWindow = TimeSpan.FromMinutes(4), "IdempotencyWindow" },
        { static o => o.StreamDefaults = new StreamOptions { MaxEvents = 0 }, "StreamDefaults.MaxEvents" },
        { static o => o.StreamDefaults = new StreamOptions { Ttl = TimeSpan.Zero }, "StreamDefaults.Ttl" },
        { static o => o.StreamDefaults = new StreamOptions { SlowReader = (SlowReaderPolicy)9 }, "StreamDefaults.SlowReader" },
        { static o => o.StreamDefaults = new StreamOptions { SlowReader = SlowReaderPolicy.Wait, MaxEvents = 5, WaitBound = 6 },
            "StreamDefaults.WaitBound" },
        { static o => o.ZoneStreams = new StreamOptions { MaxAge = TimeSpan.Zero }, "ZoneStreams.MaxAge" },
        { static o => o.DuplicateClients = (DuplicateClientPolicy)9, "DuplicateClients" },
        { static o => o.Namespaces["chat/*"] = new NamespaceOptions(), "Namespaces[\"chat/*\"]" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    [Trait("parity", "CFG-19")]
    [Trait("parity", "CFG-20")]
    public void Absurd_option_is_refused_at_start_and_named(Action<HubOptions> spoil, string name)
    {
        var options = new HubOptions();
        spoil(options);
        options.Validate().ShouldHaveSingleItem().ShouldStartWith(name + " ");
        Should.Throw<ArgumentException>(() => new SseHub(options)).Message.ShouldContain(name);
    }
}
