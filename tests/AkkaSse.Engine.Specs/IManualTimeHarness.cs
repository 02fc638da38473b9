using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Engine.Specs;

/// <summary>A harness whose engine takes its time from a clock that the test moves.</summary>
public interface IManualTimeHarness : IEngineHarness
{
    /// <summary>Moves the engine's clock.</summary>
    ValueTask AdvanceAsync(TimeSpan by);
}
