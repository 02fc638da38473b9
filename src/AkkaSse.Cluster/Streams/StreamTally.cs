namespace AkkaSse.Cluster.Streams;

/// <summary>What a node knows of the number of some streams, of all or of one namespace. Not thread-safe.</summary>
internal sealed class StreamTally
{
    /// <summary>Streams that exist, of those that this node knows of.</summary>
    internal int Present { get; set; }

    /// <summary>Copies of streams that exist, on this node.</summary>
    internal int Copies { get; set; }

    /// <summary>Streams that began here since the others last said what they have.</summary>
    internal int Taken { get; set; }

    /// <summary>Streams in the whole cluster: exact while this node is alone.</summary>
    /// <param name="nodes">How many other nodes have said what they have.</param>
    /// <param name="elsewhere">Their copies.</param>
    /// <param name="copiesOfEach">How many copies each stream has.</param>
    internal int Count(int nodes, int elsewhere, int copiesOfEach) =>
        nodes == 0 ? Present : ((Copies + elsewhere) / Math.Min(copiesOfEach, nodes + 1)) + Taken;
}
