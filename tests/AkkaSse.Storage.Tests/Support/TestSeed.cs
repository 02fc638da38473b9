using System.Globalization;

namespace AkkaSse.Storage.Tests.Support;

/// <summary>The seed of a run's random choices; AKKASSE_TEST_SEED repeats it.</summary>
internal static class TestSeed
{
    internal static int Value { get; } = int.TryParse(
        Environment.GetEnvironmentVariable("AKKASSE_TEST_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : Random.Shared.Next();
}
