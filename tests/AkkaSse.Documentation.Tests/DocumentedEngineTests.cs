using AkkaSse.Engine.Specs;

namespace AkkaSse.Documentation.Tests;

/// <summary>The engine that docs/write-an-engine.md shows passes the suites that the page says it passes.</summary>
public static class DocumentedEngineTests
{
    public sealed class Streams : StreamSpecs
    {
        protected override IEngineHarness CreateHarness() => new DocumentedEngineHarness();
    }

    public sealed class Reads : ReadSpecs
    {
        protected override IEngineHarness CreateHarness() => new DocumentedEngineHarness();
    }

    public sealed class Claims : ClaimSpecs
    {
        protected override IEngineHarness CreateHarness() => new DocumentedEngineHarness();
    }

    public sealed class Values : ValueSpecs
    {
        protected override IEngineHarness CreateHarness() => new DocumentedEngineHarness();
    }

    public sealed class Nodes : NodeSpecs
    {
        protected override IEngineHarness CreateHarness() => new DocumentedEngineHarness();
    }
}
