using AkkaSse.Fuzz.Targets;

namespace AkkaSse.Fuzz;

/// <summary>Code that reads what strangers send, and what must hold whatever they send.</summary>
/// <param name="Name">Its name on the command line and of its folder in <c>corpus</c>.</param>
/// <param name="Run">Throws when something does not hold; an end of the process and an endless loop are found by the fuzzer.</param>
/// <param name="EndsElsewhere">Whether what is accepted goes on into code of others, which a test does not search for faults.</param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Run, bool EndsElsewhere = false)
{
    internal static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("parser", ParserTarget.Run),
        new("position", PositionTarget.Run),
        new("request", RequestLineTarget.Run),
        new("batch", BatchTarget.Run),
        new("hocon", HoconTarget.Run, EndsElsewhere: true),
        new("node", NodeTarget.Run),
        new("wire", WireTarget.Run),
    ];
}

/// <summary>What a target says must hold does not.</summary>
internal sealed class BreachException(string what) : Exception(what)
{
    /// <exception cref="BreachException">The texts differ.</exception>
    internal static void IfDifferent(IEnumerable<string> expected, IEnumerable<string> actual, string what)
    {
        var (left, right) = (string.Join('\n', expected), string.Join('\n', actual));
        if (left != right) throw new BreachException($"{what}\n--- one\n{left}\n--- other\n{right}");
    }
}
