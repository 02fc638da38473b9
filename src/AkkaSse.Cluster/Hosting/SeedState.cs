namespace AkkaSse.Cluster.Hosting;

/// <summary>What a node that has not joined knows about a seed.</summary>
internal enum SeedState
{
    /// <summary>Nothing: it is there and too busy to answer, or it cannot be reached. It may well be in a cluster.</summary>
    Unknown,

    /// <summary>It takes connections and has not answered.</summary>
    Silent,

    /// <summary>Nobody listens at its address, or its name has none.</summary>
    Absent,

    /// <summary>It has answered that it is in no cluster.</summary>
    Waiting,

    /// <summary>It has answered that it is in one.</summary>
    InCluster,
}
