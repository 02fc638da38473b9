using System.Text.RegularExpressions;

namespace AkkaSse.Architecture.Tests.Parity;

/// <summary>Finds in test sources which tests say that they prove which items: <c>[Trait("parity", "X")]</c> on a test or on its
/// class.</summary>
/// <remarks>Reads text and not assemblies, so that it sees the tests of every project without running one. Relies on one attribute list per
/// line and on indentation, which the formatter keeps.</remarks>
internal static partial class TraitScan
{
    /// <summary>Pairs of item and test; a test is <c>Class.Method</c>, or <c>Class</c> when the whole class proves it.</summary>
    internal static IReadOnlyList<(string Item, string Test)> Repository() =>
        [.. Architecture.Tests.Repository.Under("tests", ".cs").SelectMany(f => Of(Architecture.Tests.Repository.Lines(f)))];

    internal static IEnumerable<(string Item, string Test)> Of(IEnumerable<string> lines)
    {
        var classes = new Stack<(int Indent, string Name)>();
        var pending = new List<string>();
        foreach (var line in lines)
        {
            var text = line.TrimStart();
            var indent = line.Length - text.Length;
            if (text.StartsWith('['))
            {
                pending.AddRange(Trait().Matches(text).Select(static m => m.Groups[1].Value));
                continue;
            }
            if (text.Length == 0 || text.StartsWith("//", StringComparison.Ordinal)) continue;
            if (ClassName().Match(text) is { Success: true } declared)
            {
                while (classes.TryPeek(out var outer) && outer.Indent >= indent) classes.Pop();
                classes.Push((indent, declared.Groups[1].Value));
                foreach (var item in pending) yield return (item, declared.Groups[1].Value);
                pending.Clear();
                continue;
            }
            if (pending.Count == 0) continue;
            while (classes.TryPeek(out var outer) && outer.Indent >= indent) classes.Pop();
            var method = MethodName().Match(text);
            var name = classes.TryPeek(out var owner) ? owner.Name : "?";
            foreach (var item in pending) yield return (item, method.Success ? $"{name}.{method.Groups[1].Value}" : $"{name}.?");
            pending.Clear();
        }
    }

    [GeneratedRegex("""Trait\("parity", "([^"]*)"\)""")]
    private static partial Regex Trait();

    [GeneratedRegex(@"^(?:(?:public|internal|private|protected|file|sealed|abstract|static|partial|readonly)\s+)*" +
        @"(?:class|record|struct|record struct)\s+(\w+)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"(\w+)\s*(?:<\w+>)?\(")]
    private static partial Regex MethodName();
}
