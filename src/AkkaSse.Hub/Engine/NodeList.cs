using System.Collections;

namespace AkkaSse.Hub.Engine;

/// <summary>The nodes of a cluster as far as one node knows them. Immutable.</summary>
/// <param name="nodes">In ascending order of their names, the node that answers among them.</param>
/// <param name="isComplete">False when there may be nodes that nobody can name now.</param>
public sealed class NodeList(IReadOnlyList<NodeInfo> nodes, bool isComplete) : IReadOnlyList<NodeInfo>
{
    /// <summary>False when there may be nodes that nobody can name now: the engine is away, or has not begun.</summary>
    public bool IsComplete => isComplete;

    /// <inheritdoc/>
    public int Count => nodes.Count;

    /// <inheritdoc/>
    public NodeInfo this[int index] => nodes[index];

    /// <inheritdoc/>
    public IEnumerator<NodeInfo> GetEnumerator() => nodes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => nodes.GetEnumerator();
}
