namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>
/// Tests with servers of their own run one after the other, after all others: fourteen servers that start at once take two cores for a
/// minute, and three that start beside clusters in this process let these look for nodes that are there.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    internal const string Name = "processes";
}
