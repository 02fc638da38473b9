using System.Buffers;
using System.Text;
using AkkaSse.AspNetCore;
using AkkaSse.Client;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace AkkaSse.Architecture.Tests;

/// <summary>The defaults that documents and users rely on, over all projects: changing one is a decision, and is made here too.</summary>
public class DefaultsTests
{
    private static readonly StreamOptions Stream = new();
    private static readonly HubOptions Hub = new();
    private static readonly SseClientOptions Client = new();

    [Fact]
    [Trait("parity", "CFG-01")]
    public void Append_that_waits_for_readers_may_be_1024_events_ahead() => Stream.WaitBound.ShouldBe(1_024);

    [Fact]
    [Trait("parity", "CFG-02")]
    public void Slow_reader_is_moved_on_unless_the_stream_says_otherwise() => Stream.SlowReader.ShouldBe(SlowReaderPolicy.Skip);

    [Fact]
    [Trait("parity", "CFG-03")]
    public void Publish_to_an_unknown_stream_creates_it_only_where_that_was_asked_for() => Hub.AutoCreate.ShouldBeFalse();

    [Fact]
    [Trait("parity", "CFG-04")]
    [Trait("parity", "RPL-09")]
    public void Logs_replay_and_are_bounded_in_age_count_and_bytes()
    {
        Stream.Replay.ShouldBeTrue();
        Stream.MaxAge.ShouldBe(TimeSpan.FromHours(24));
        Stream.MaxEvents.ShouldBe(100_000);
        Stream.MaxBytes.ShouldBe(64L << 20);
        Hub.StreamDefaults.ShouldBe(Stream);
    }

    [Fact]
    [Trait("parity", "CFG-05")]
    public void Events_live_as_long_as_they_are_retained() => Stream.Ttl.ShouldBeNull();

    [Fact]
    [Trait("parity", "CFG-06")]
    public void Data_are_neither_encoded_nor_decoded_as_base64()
    {
        Stream.Base64.ShouldBeFalse();
        Client.DecodeBase64.ShouldBeFalse();
    }

    [Theory]
    [Trait("parity", "CFG-07")]
    [InlineData(SseFieldOrder.Native)]
    [InlineData(SseFieldOrder.IdFirst)]
    public void Data_are_split_into_lines_without_being_asked(SseFieldOrder order)
    {
        var output = new ArrayBufferWriter<byte>();
        SseEncoder.Write(output, new SseEvent { Data = "a\nb" }, order);
        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe("data: a\ndata: b\n\n");
    }

    [Fact]
    [Trait("parity", "CFG-08")]
    public void Responses_carry_no_headers_but_the_hubs_own() => new SseHubEndpointOptions().Headers.ShouldBeEmpty();

    [Fact]
    [Trait("parity", "CFG-12")]
    public void Errors_are_written_by_the_hub_unless_the_application_does()
    {
        var services = new ServiceCollection();
        services.AddSseHub();
        var writer = services.Single(s => s.ServiceType == typeof(IHubErrorWriter)).ImplementationType!;
        writer.Assembly.ShouldBe(typeof(IHubErrorWriter).Assembly);
    }

    [Fact]
    [Trait("parity", "CFG-09")]
    public void Heartbeat_comes_every_15_seconds() => Hub.Heartbeat.ShouldBe(TimeSpan.FromSeconds(15));

    [Fact]
    [Trait("parity", "CFG-10")]
    public void Flush_may_take_5_seconds() => Hub.WriteTimeout.ShouldBe(TimeSpan.FromSeconds(5));

    [Fact]
    [Trait("parity", "CFG-11")]
    public void Three_late_flushes_in_a_row_end_a_connection() => Hub.WriteTolerance.ShouldBe(3);

    [Fact]
    [Trait("parity", "CFG-13")]
    public void Zone_of_a_client_that_names_none_is_default() => HubNames.DefaultZone.ShouldBe("default");

    [Fact]
    [Trait("parity", "CFG-15")]
    public void Client_backs_off_exponentially_between_attempts()
    {
        var policy = Client.Reconnect;
        TimeSpan Delay(int attempt) =>
            policy.NextDelay(new ReconnectContext { Attempt = attempt, DefaultRetry = Client.DefaultRetry, Random = 0.5 })!.Value;
        Delay(2).ShouldBeGreaterThan(Delay(1));
        (Delay(4) - Delay(3)).ShouldBeGreaterThan(Delay(3) - Delay(2));
        Client.MaxAttempts.ShouldBeNull();
        Client.MinRetry.ShouldBe(TimeSpan.FromMilliseconds(500));
        Client.StableAfter.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    [Trait("parity", "CFG-16")]
    public void Client_takes_events_up_to_1_MiB() => Client.MaxEventBytes.ShouldBe(1 << 20);

    [Fact]
    [Trait("parity", "CFG-17")]
    public void Client_buffers_1024_events() => Client.BufferSize.ShouldBe(1_024);

    [Fact]
    [Trait("parity", "CFG-18")]
    public void Client_waits_for_a_quiet_server() => Client.IdleTimeout.ShouldBeNull();
}
