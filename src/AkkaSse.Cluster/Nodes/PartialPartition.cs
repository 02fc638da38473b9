namespace AkkaSse.Cluster.Nodes;

/// <summary>
/// A partial partition: some pairs of nodes cannot reach each other, although both reach others. Which nodes have to go so that all that
/// stay reach one another. Pure.
/// </summary>
internal static class PartialPartition
{
    /// <summary>Beyond so many broken paths nobody is removed by this: the split brain resolver decides.</summary>
    internal const int MostPaths = 32;

    /// <summary>
    /// The fewest nodes with which all broken paths go: first the fewest that hold streams, then the fewest at all, of the higher addresses
    /// rather than the lower ones. Empty when it is not to be decided: nothing is broken, too much is, or no more than half of the nodes
    /// that hold streams would stay.
    /// </summary>
    /// <param name="holdsStreams">For each node, in the order of the addresses, whether it holds streams.</param>
    /// <param name="paths">Broken paths, each as two places in that order, in either direction.</param>
    internal static IReadOnlyList<int> ToRemove(ReadOnlySpan<bool> holdsStreams, IReadOnlyCollection<(int A, int B)> paths)
    {
        if (paths.Count is 0 or > MostPaths) return [];
        var streams = 0;
        foreach (var holds in holdsStreams) streams += holds ? 1 : 0;
        var search = new Search([.. holdsStreams], [.. paths], (streams - 1) / 2);
        search.Go(0, new bool[holdsStreams.Length], 0, 0);
        return search.Best is { } best ? [.. Enumerable.Range(0, best.Length).Where(i => best[i])] : [];
    }

    // Of each path one end must go: at most 2 to the power of the nodes that may go, which are fewer than half.
    private sealed class Search(bool[] holdsStreams, (int A, int B)[] paths, int most)
    {
        private int _bestStreams, _bestAll;

        internal bool[]? Best { get; private set; }

        internal void Go(int at, bool[] gone, int streams, int all)
        {
            if (streams > most || (Best is not null && (streams, all).CompareTo((_bestStreams, _bestAll)) > 0)) return;
            while (at < paths.Length && (gone[paths[at].A] || gone[paths[at].B])) at++;
            if (at < paths.Length)
            {
                Take(at, paths[at].A, gone, streams, all);
                Take(at, paths[at].B, gone, streams, all);
                return;
            }
            if (Best is not null && (streams, all) == (_bestStreams, _bestAll) && !IsHigher(gone, Best)) return;
            (_bestStreams, _bestAll) = (streams, all);
            Best = [.. gone];
        }

        private void Take(int at, int node, bool[] gone, int streams, int all)
        {
            gone[node] = true;
            Go(at + 1, gone, streams + (holdsStreams[node] ? 1 : 0), all + 1);
            gone[node] = false;
        }

        private static bool IsHigher(bool[] gone, bool[] than)
        {
            for (var i = gone.Length - 1; i >= 0; i--)
            {
                if (gone[i] != than[i]) return gone[i];
            }
            return false;
        }
    }
}
