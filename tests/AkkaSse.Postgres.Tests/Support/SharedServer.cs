namespace AkkaSse.Postgres.Tests.Support;

/// <summary>One server for all tests that do not end it; each has a database of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private Cluster? _cluster;

    public PostgresServer Server { get; private set; } = null!;

    /// <summary>Three nodes for all tests that end none of them. A start is two seconds of a core each.</summary>
    internal async Task<Cluster> ClusterAsync() => _cluster ??= await Cluster.StartAsync(Server, 3);

    public async Task InitializeAsync() => Server = await PostgresServer.StartNewAsync();

    public async Task DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        await Server.DisposeAsync();
    }
}

/// <summary>Tests of server processes: a server of their own, so that they run beside the others.</summary>
[CollectionDefinition(Name)]
public sealed class NodesCollection : ICollectionFixture<SharedServer>
{
    public const string Name = "nodes on one PostgreSQL";
}

[CollectionDefinition(Name)]
public sealed class SharedServerCollection : ICollectionFixture<SharedServer>
{
    public const string Name = "one PostgreSQL";
}
