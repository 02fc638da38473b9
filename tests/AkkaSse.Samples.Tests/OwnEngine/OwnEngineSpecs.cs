using AkkaSse.Engine.Specs;

namespace AkkaSse.Samples.Tests;

/// <summary>The suites that every engine of one node passes.</summary>
public static class OwnEngineSpecs
{
    public sealed class Streams : StreamSpecs
    {
        protected override IEngineHarness CreateHarness() => new OwnEngineHarness();
    }

    public sealed class Reads : ReadSpecs
    {
        protected override IEngineHarness CreateHarness() => new OwnEngineHarness();
    }

    public sealed class Idempotency : IdempotencySpecs
    {
        protected override IEngineHarness CreateHarness() => new OwnEngineHarness();
    }

    public sealed class Time : EngineTimeSpecs
    {
        protected override IEngineHarness CreateHarness() => new OwnEngineHarness();
    }

    public sealed class Claims : ClaimSpecs
    {
        protected override IEngineHarness CreateHarness() => new OwnEngineHarness();
    }

    public sealed class Values : ValueSpecs
    {
        protected override IEngineHarness CreateHarness() => new OwnEngineHarness();
    }

    public sealed class Nodes : NodeSpecs
    {
        protected override IEngineHarness CreateHarness() => new OwnEngineHarness();
    }
}
