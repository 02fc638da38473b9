using AkkaSse.Testing.Processes;

namespace AkkaSse.Postgres.Tests.Support;

/// <summary>Server processes over one database of their own.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly NodeCluster _nodes;

    private Cluster(PostgresServer server, string database, string[] arguments)
    {
        Database = database;
        _nodes = new NodeCluster(_ => new NodeStart(["--urls", "http://127.0.0.1:0", "--engine", "postgres", .. arguments])
        {
            Environment = new Dictionary<string, string> { ["AKKASSE_POSTGRES__CONNECTIONSTRING"] = server.ConnectionString(database) },
        });
    }

    internal string Database { get; }

    /// <summary>Ends with them: the database is the server's.</summary>
    internal NodeCluster Nodes => _nodes;

    /// <summary>The nodes that run.</summary>
    internal IReadOnlyList<Uri> Urls => _nodes.Urls;

    /// <summary>Their names, in the same order.</summary>
    internal IReadOnlyList<string> Names => [.. _nodes.Nodes.Select(static n => n.Name)];

    internal string Output => _nodes.Output;

    internal static async Task<Cluster> StartAsync(PostgresServer server, int nodes, params string[] arguments)
    {
        var cluster = new Cluster(server, await server.CreateDatabaseAsync(), arguments);
        await cluster._nodes.StartAsync(nodes);
        return cluster;
    }

    internal Task StartNodeAsync(string name) => _nodes.StartNodeAsync(name);

    internal Task KillAsync(int index) => _nodes.KillAsync(index);

    internal Task<int> StopAsync(int index) => _nodes.StopAsync(index);

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();
}
