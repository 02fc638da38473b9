using System.Text;
using AkkaSse.Hub;
using AkkaSse.Hub.Nodes;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Fuzz.Targets;

/// <summary>Last event ids and starts. What is read, written and read again is the same.</summary>
internal static class PositionTarget
{
    internal static void Run(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        if (CursorToken.TryParse(text, out var positions)) Again(positions);
        if (StreamPosition.TryParse(text, out var position)
            && (!StreamPosition.TryParse(position.ToString(), out var same) || same != position))
            throw new BreachException($"The position {position} is read otherwise.");
        if (StartText.TryRead(text, out var start) && (!StartText.TryRead(StartText.Write(start), out var again) || again != start))
            throw new BreachException($"The start {StartText.Write(start)} is read otherwise.");
        if (Durations.TryParse(text, out var duration)
            && (!Durations.TryParse(Durations.Format(duration), out var other) || other != duration))
            throw new BreachException($"The duration {Durations.Format(duration)} is read otherwise.");
    }

    private static void Again(Dictionary<ulong, TokenPosition> positions)
    {
        var names = positions.Keys.Select(hash => (Name: hash.ToString("x"), Hash: hash)).ToArray();
        var token = new CursorToken(names);
        foreach (var (name, hash) in names) token.Set(token.SlotOf(name), positions[hash].EpochTag, positions[hash].Offset);
        if (!CursorToken.TryParse(Encoding.ASCII.GetString(token.Text), out var again))
            throw new BreachException("A token cannot be read.");
        BreachException.IfDifferent(Lines(positions), Lines(again), "A token is read otherwise.");
    }

    private static IEnumerable<string> Lines(Dictionary<ulong, TokenPosition> positions) =>
        positions.OrderBy(p => p.Key).Select(p => $"{p.Key} {p.Value}");
}
