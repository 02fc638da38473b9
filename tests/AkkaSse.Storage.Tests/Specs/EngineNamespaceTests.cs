using AkkaSse.Engine.Specs;
using AkkaSse.Storage.Tests.Support;

namespace AkkaSse.Storage.Tests.Specs;

public sealed class StorageNamespaceTests : NamespaceSpecs
{
    protected override IEngineHarness CreateHarness() => new StorageHarness();
}
