using AkkaSse.Hub.Clients;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>For which reason a connection has ended, whatever came first and whatever finished it.</summary>
public sealed class ConnectionEndingTests
{
    [Fact]
    public void First_reason_to_close_stays_and_is_the_reason_of_the_end()
    {
        var ending = new ConnectionEnding();
        ending.TryClose(CloseReason.Disconnected).ShouldBeTrue();
        ending.TryClose(CloseReason.Shutdown).ShouldBeFalse();
        ending.Closing.ShouldBe(CloseReason.Disconnected);
        ending.Why(CloseReason.ClientGone).ShouldBe(CloseReason.Disconnected);
        ending.Reason.ShouldBe(CloseReason.None);
    }

    [Fact]
    public void Connection_that_nothing_ended_has_ended_for_what_finished_it()
    {
        var ending = new ConnectionEnding();
        ending.Why(CloseReason.WriteError).ShouldBe(CloseReason.WriteError);
        ending.TryFinish(CloseReason.WriteError).ShouldBeTrue();
        ending.TryFinish(CloseReason.ClientGone).ShouldBeFalse();
        ending.Reason.ShouldBe(CloseReason.WriteError);
    }

    [Fact]
    public void Abort_of_a_closing_connection_keeps_the_reason_to_close()
    {
        var ending = new ConnectionEnding();
        ending.TryClose(CloseReason.Replaced);
        ending.TryAbort(CloseReason.SlowClient).ShouldBeTrue();
        ending.TryAbort(CloseReason.Fault).ShouldBeFalse();
        ending.IsAborted.ShouldBeTrue();
        ending.Reason.ShouldBe(CloseReason.Replaced);
    }

    [Fact]
    public void Cut_of_a_closing_connection_is_the_reason_of_its_end()
    {
        var ending = new ConnectionEnding();
        ending.TryClose(CloseReason.Lifetime);
        ending.Cut(CloseReason.LeaseLost);
        ending.IsGone.ShouldBeTrue();
        ending.Why(CloseReason.ClientGone).ShouldBe(CloseReason.LeaseLost);
    }

    [Fact]
    public void Fault_is_the_reason_whatever_was_decided_before()
    {
        var ending = new ConnectionEnding();
        ending.TryAbort(CloseReason.SlowClient);
        ending.Fail();
        ending.Reason.ShouldBe(CloseReason.Fault);
    }

    [Fact]
    public void End_is_written_once_and_after_delivery_when_the_stream_was_removed()
    {
        var ending = new ConnectionEnding();
        ending.CloseAfterDelivery(CloseReason.Removed);
        ending.AfterDelivery.ShouldBeTrue();
        ending.TryClose(CloseReason.Shutdown).ShouldBeFalse();
        ending.TryWrite().ShouldBeTrue();
        ending.TryWrite().ShouldBeFalse();
        ending.IsWritten.ShouldBeTrue();
    }
}
