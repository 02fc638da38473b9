using AkkaSse.Engine.Specs;
using AkkaSse.Hub.Engine.InProcess;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Engine;

public sealed class InProcessTimeTests : EngineTimeSpecs
{
    protected override IEngineHarness CreateHarness() => new InProcessHarness();
}
