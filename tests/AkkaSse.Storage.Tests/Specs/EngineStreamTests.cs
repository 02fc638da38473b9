using AkkaSse.Engine.Specs;
using AkkaSse.Storage.Tests.Support;

namespace AkkaSse.Storage.Tests.Specs;

public sealed class StorageStreamTests : StreamSpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}

public sealed class StorageReadTests : ReadSpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}

public sealed class StorageIdempotencyTests : IdempotencySpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}
