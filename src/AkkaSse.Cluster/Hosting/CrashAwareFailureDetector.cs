using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Akka's failure detector for members of the cluster, which needs some 4 s of silence, and besides it <see cref="CrashEvidence"/>, which
/// needs 0.2 s and no silence. Named in <c>hocon/common.hocon</c>.
/// </summary>
internal sealed class CrashAwareFailureDetector : PhiAccrualFailureDetector
{
    private readonly CrashEvidence _evidence;

    /// <summary>Called by Akka.NET.</summary>
    /// <param name="config">The section <c>akka.cluster.failure-detector</c>.</param>
    /// <param name="events">The ActorSystem's event stream.</param>
    public CrashAwareFailureDetector(Config config, EventStream events)
        : base(config, events) => _evidence = CrashEvidence.Of(events);

    /// <inheritdoc/>
    public override bool IsAvailable => !_evidence.Has(Address) && base.IsAvailable;
}
