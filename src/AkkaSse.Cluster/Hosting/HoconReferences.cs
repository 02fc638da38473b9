using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Whether a setting of a HOCON text refers to itself, straight or by others. Akka.NET's parser links references without a look at where
/// they lead, and whoever reads such a setting follows them until the stack of the thread is used up, which ends the process. Pure.
/// </summary>
internal static class HoconReferences
{
    /// <summary>Null when none does, else which.</summary>
    internal static string? Fault(Config config)
    {
        if (config.Root is not { } root || Cycle<object>(root, Parts, ReferenceEqualityComparer.Instance) is not { } cycle) return null;
        // The parser knows no optional references: it takes one for a reference to the whole text.
        var path = cycle.OfType<HoconSubstitution>().Select(static s => s.Path).FirstOrDefault();
        return string.IsNullOrEmpty(path)
            ? "it has an optional reference, with a question mark, which Akka.NET does not know; a reference without it is allowed."
            : $"what '{path}' refers to leads back to '{path}'; a setting may refer to settings that do not refer to it.";
    }

    /// <summary>The nodes of a way that leads back to its beginning; null when no way from the root does.</summary>
    internal static IReadOnlyList<T>? Cycle<T>(T root, Func<T, IEnumerable<T>> parts, IEqualityComparer<T> comparer)
    {
        var way = new Stack<(T Node, IEnumerator<T> Parts)>();
        HashSet<T> onWay = new(comparer), done = new(comparer);
        onWay.Add(root);
        way.Push((root, parts(root).GetEnumerator()));
        while (way.TryPeek(out var last))
        {
            if (!last.Parts.MoveNext())
            {
                way.Pop();
                onWay.Remove(last.Node);
                done.Add(last.Node);
                continue;
            }
            var next = last.Parts.Current;
            if (onWay.Contains(next)) return [.. way.Select(static w => w.Node).TakeWhile(n => !comparer.Equals(n, next)), next];
            if (done.Contains(next)) continue;
            onWay.Add(next);
            way.Push((next, parts(next).GetEnumerator()));
        }
        return null;
    }

    private static IEnumerable<object> Parts(object node) => node switch
    {
        HoconValue value => value.Values,
        HoconObject section => section.Items.Values,
        HoconArray array => array,
        HoconSubstitution { ResolvedValue: { } target } => [target],
        _ => [],
    };
}
