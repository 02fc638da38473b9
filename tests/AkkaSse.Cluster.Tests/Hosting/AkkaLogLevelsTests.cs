using AkkaSse.Cluster.Hosting;
using AkkaLevel = Akka.Event.LogLevel;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace AkkaSse.Cluster.Tests.Hosting;

/// <summary>Lines of Akka.NET that belong to the coming and going of nodes are no warnings; all others stay what they are.</summary>
public sealed class AkkaLogLevelsTests
{
    [Theory]
    [InlineData("Association with remote system akka.tcp://a@h:1 has failed; address is now gated for 1000 ms. Reason is: " +
        "[Akka.Remote.EndpointDisassociatedException: Disassociated")]
    [InlineData("AssociationError [akka.tcp://a@h:1] -> akka.tcp://a@h:2: Error [Connection refused]")]
    [InlineData("Tried to associate with unreachable remote address [akka.tcp://a@h:1]. Address is now gated for 1000 ms")]
    [InlineData("Cluster Node [akka.tcp://a@h:1] - Marking node(s) as UNREACHABLE [Member(address = akka.tcp://a@h:2)]")]
    [InlineData("SBR took decision Akka.Cluster.SBR.DownUnreachable and is downing [akka.tcp://a@h:2]")]
    public void Going_of_a_node_is_debug(string text)
    {
        AkkaLogLevels.Of(AkkaLevel.WarningLevel, text, null).ShouldBe(LogLevel.Debug);
        AkkaLogLevels.Of(AkkaLevel.ErrorLevel, text, null).ShouldBe(LogLevel.Debug);
    }

    [Theory]
    [InlineData("Scheduled sending of heartbeat was delayed.")]
    [InlineData("Association with remote system akka.tcp://a@h:1 has failed; address is now gated for 1000 ms. Reason is: " +
        "[Akka.Remote.EndpointException: Failed to write message to the transport")]
    [InlineData("AssociationError [akka.tcp://a@h:1] -> akka.tcp://a@h:2: Error [Failed to write message to the transport]")]
    [InlineData("SBR took decision Akka.Cluster.SBR.DownIndirectlyConnected and is downing [akka.tcp://a@h:2]")]
    [InlineData("Association to [akka.tcp://a@h:2] having UID [1] is irrecoverably failed.")]
    [InlineData("Oversized payload sent: 2000000 bytes")]
    [InlineData("")]
    public void Other_lines_keep_their_level(string text)
    {
        AkkaLogLevels.Of(AkkaLevel.DebugLevel, text, null).ShouldBe(LogLevel.Debug);
        AkkaLogLevels.Of(AkkaLevel.InfoLevel, text, null).ShouldBe(LogLevel.Information);
        AkkaLogLevels.Of(AkkaLevel.WarningLevel, text, null).ShouldBe(LogLevel.Warning);
        AkkaLogLevels.Of(AkkaLevel.ErrorLevel, text, null).ShouldBe(LogLevel.Error);
    }

    [Theory]
    [InlineData("s: Trying to register to coordinator at [], but no acknowledgement.", true)]
    [InlineData("s: Retry request for shard [1] homes from coordinator", true)]
    [InlineData("Scheduled sending of heartbeat was delayed.", false)]
    public void Lines_about_shards_that_wait_are_known(string text, bool waits) => AkkaLogLevels.IsWaiting(text).ShouldBe(waits);

    [Fact]
    public void Coordinator_that_was_to_begin_while_the_node_ended_is_debug() =>
        AkkaLogLevels.Of(AkkaLevel.ErrorLevel, "Cluster node must not be terminated [akka://a/system/sharding/sCoordinator#1]",
            new Akka.Actor.ActorInitializationException("Exception during creation")).ShouldBe(LogLevel.Debug);

    [Fact]
    public void Line_with_a_cause_of_another_kind_keeps_its_level() =>
        AkkaLogLevels.Of(AkkaLevel.ErrorLevel, "AssociationError [a] -> b", new InvalidOperationException("no serializer"))
            .ShouldBe(LogLevel.Error);
}
