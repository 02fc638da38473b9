using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Support;

/// <summary>
/// Takes a node for lost whose heartbeats stay away for the acceptable pause of <see cref="GrantedTime"/>: all nodes of a harness are in
/// this process, and one that had no processor for 2 s is not lost. Named in the harness's configuration.
/// </summary>
public sealed class GrantedFailureDetector : DeadlineFailureDetector
{
    public GrantedFailureDetector(Config config, EventStream events)
        : base(config.GetTimeSpan("acceptable-heartbeat-pause"), config.GetTimeSpan("heartbeat-interval"),
            static () => GrantedTime.Instance.GetTimestamp() / TimeSpan.TicksPerMillisecond) => _ = events;
}
