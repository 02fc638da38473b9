namespace AkkaSse.Cluster.Tests.Processes;

/// <summary>Tests with servers of their own run one after the other: fourteen servers that start at once take two cores for a minute, and what is then measured is the want of processors.</summary>
[CollectionDefinition(Name)]
public sealed class ProcessCollection
{
    internal const string Name = "processes";
}
