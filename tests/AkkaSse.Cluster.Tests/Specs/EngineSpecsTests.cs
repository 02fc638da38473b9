using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Engine.Specs;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Specs;

public sealed class AkkaNodeTests : NodeSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaNodeOfThreeTests : NodeSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);
}

public sealed class AkkaClaimTests : ClaimSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaClaimsOfThreeTests : ClaimSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);
}

public sealed class AkkaClusterTests : ClusterSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaStreamTests : StreamSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaStreamOfThreeTests : StreamSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);

    // Nodes tell each other once a second how many they hold.
    protected override async Task CountedAsync(int streams) =>
        await Eventually.Until(
            () => ((AkkaHarness)Harness).Engines.All(e => e.StreamCount == streams),
            () => $"all nodes to count {streams} streams; they count " +
                $"{string.Join(' ', ((AkkaHarness)Harness).Engines.Select(static e => e.StreamCount))}");
}

public sealed class AkkaNamespaceTests : NamespaceSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaNamespaceOfThreeTests : NamespaceSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);

    protected override async Task CountedAsync(int streams) =>
        await Eventually.Until(
            () => ((AkkaHarness)Harness).Engines.All(e => e.StreamCount == streams), $"all nodes to count {streams} streams");
}

public sealed class AkkaReadTests : ReadSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaReadOfThreeTests : ReadSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);
}

public sealed class AkkaIdempotencyTests : IdempotencySpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaIdempotencyOfThreeTests : IdempotencySpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);
}

public sealed class AkkaValueTests : ValueSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaValueOfThreeTests : ValueSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);
}

public sealed class AkkaTimeTests : EngineTimeSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(new ManualTimeProvider());
}

public sealed class AkkaTimeOfThreeTests : EngineTimeSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(new ManualTimeProvider(), others: 2);
}

// Guests of an application's ActorSystem: what differs is where it comes from and who ends it, so one node each, and three where nodes
// talk.

[Trait("speed", "slow")]
public sealed class AkkaGuestNodeTests : NodeSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(guests: true);
}

[Trait("speed", "slow")]
public sealed class AkkaGuestClaimTests : ClaimSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(guests: true);
}

[Trait("speed", "slow")]
public sealed class AkkaGuestClusterTests : ClusterSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(guests: true);
}

[Trait("speed", "slow")]
public sealed class AkkaGuestStreamOfThreeTests : StreamSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2, guests: true);

    protected override async Task CountedAsync(int streams) =>
        await Eventually.Until(
            () => ((AkkaHarness)Harness).Engines.All(e => e.StreamCount == streams),
            () => $"all nodes to count {streams} streams; they count " +
                $"{string.Join(' ', ((AkkaHarness)Harness).Engines.Select(static e => e.StreamCount))}");
}

[Trait("speed", "slow")]
public sealed class AkkaGuestValueTests : ValueSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(guests: true);
}
