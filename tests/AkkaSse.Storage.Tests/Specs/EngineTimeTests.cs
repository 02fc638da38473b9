using AkkaSse.Engine.Specs;
using AkkaSse.Storage.Tests.Support;

namespace AkkaSse.Storage.Tests.Specs;

public sealed class StorageTimeTests : EngineTimeSpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}
