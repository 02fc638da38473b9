using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Engine;

public sealed class InProcessStreamTests : StreamSpecs
{
    protected override IEngineHarness CreateHarness() => new InProcessHarness();
}

public sealed class InProcessNamespaceTests : NamespaceSpecs
{
    protected override IEngineHarness CreateHarness() => new InProcessHarness();
}
