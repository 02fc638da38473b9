using AkkaSse.Hub.Clients;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>When a quiet connection gets a heartbeat. Times are milliseconds of the coarse clock.</summary>
public sealed class KeepAliveTests
{
    [Fact]
    public void Heartbeat_falls_due_once_an_interval_after_the_last_write()
    {
        var keepAlive = new KeepAlive(1_000);
        keepAlive.TryFallDue(1_999, 1_000).ShouldBeFalse();
        keepAlive.IsDue.ShouldBeFalse();
        keepAlive.TryFallDue(2_000, 1_000).ShouldBeTrue();
        keepAlive.IsDue.ShouldBeTrue();
        keepAlive.TryFallDue(3_000, 1_000).ShouldBeFalse();
    }

    [Fact]
    public void Write_puts_the_heartbeat_off_by_an_interval()
    {
        var keepAlive = new KeepAlive(0);
        keepAlive.TryFallDue(1_000, 1_000).ShouldBeTrue();
        keepAlive.HasWritten.ShouldBeFalse();
        keepAlive.Wrote(1_500, early: 0);
        keepAlive.HasWritten.ShouldBeTrue();
        keepAlive.IsDue.ShouldBeFalse();
        keepAlive.TryFallDue(2_499, 1_000).ShouldBeFalse();
        keepAlive.TryFallDue(2_500, 1_000).ShouldBeTrue();
    }

    [Fact]
    public void First_heartbeat_comes_as_much_earlier_as_was_drawn()
    {
        var keepAlive = new KeepAlive(0);
        keepAlive.Wrote(1_000, early: 400);
        keepAlive.TryFallDue(1_599, 1_000).ShouldBeFalse();
        keepAlive.TryFallDue(1_600, 1_000).ShouldBeTrue();
    }

    [Fact]
    public void Connection_without_heartbeats_gets_none() => new KeepAlive(0).TryFallDue(long.MaxValue, 0).ShouldBeFalse();
}
