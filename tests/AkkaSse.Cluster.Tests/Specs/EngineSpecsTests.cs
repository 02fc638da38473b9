using AkkaSse.Cluster.Tests.Support;
using AkkaSse.Engine.Specs;

namespace AkkaSse.Cluster.Tests.Specs;

public sealed class AkkaNodeTests : NodeSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness();
}

public sealed class AkkaNodeOfThreeTests : NodeSpecs
{
    protected override IEngineHarness CreateHarness() => new AkkaHarness(others: 2);
}
