using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Testing;

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

    /// <summary>
    /// What the suites leave to the hub: history that is read from the engine page by page, and the step from there to new events.
    /// </summary>
    public sealed class Readers
    {
        [Fact]
        public async Task Reader_that_comes_late_gets_every_event_and_then_new_ones()
        {
            const int Before = 600;
            await using var harness = new DocumentedEngineHarness();
            var node = await harness.StartNodeAsync();
            for (var i = 1; i <= Before; i++) await node.AppendAsync("s", $"{i}");
            using var limit = Eventually.Limit();
            var seen = new List<string?>();
            await foreach (var e in node.Hub.ListenAsync("s", StartPosition.Earliest, limit.Token))
            {
                seen.Add(e.Data);
                if (seen.Count == Before) await node.AppendAsync("s", $"{Before + 1}");
                if (seen.Count > Before) break;
            }
            seen.ShouldBe(Enumerable.Range(1, Before + 1).Select(static i => $"{i}"));
        }
    }
}
