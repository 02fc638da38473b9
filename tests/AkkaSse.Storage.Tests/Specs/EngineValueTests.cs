using AkkaSse.Engine.Specs;
using AkkaSse.Storage.Tests.Support;

namespace AkkaSse.Storage.Tests.Specs;

public sealed class StorageClaimTests : ClaimSpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}

public sealed class StorageValueTests : ValueSpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}

public sealed class StorageNodeTests : NodeSpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}
