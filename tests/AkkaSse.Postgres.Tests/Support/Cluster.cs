using AkkaSse.Testing;

namespace AkkaSse.Postgres.Tests.Support;

/// <summary>Server processes over one database of their own.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly PostgresServer _server;
    private readonly string[] _arguments;
    private List<NodeProcess> _nodes = [];

    private Cluster(PostgresServer server, string database, string[] arguments) => (_server, Database, _arguments) = (server, database, arguments);

    internal string Database { get; }

    /// <summary>The nodes that run.</summary>
    internal IReadOnlyList<Uri> Urls => [.. Volatile.Read(ref _nodes).Select(static n => n.Url)];

    /// <summary>Their names, in the same order.</summary>
    internal IReadOnlyList<string> Names => [.. Volatile.Read(ref _nodes).Select(static n => n.Name)];

    internal string Output => string.Join('\n', Volatile.Read(ref _nodes).Select(static n => $"--- {n.Name}\n{n.Output}"));

    internal static async Task<Cluster> StartAsync(PostgresServer server, int nodes, params string[] arguments)
    {
        var cluster = new Cluster(server, await server.CreateDatabaseAsync(), arguments);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, nodes).Select(i => cluster.StartNodeAsync($"n{i}")));
            Volatile.Write(ref cluster._nodes, [.. cluster._nodes.OrderBy(static n => n.Name, StringComparer.Ordinal)]);
            using var http = new HttpClient();
            foreach (var url in cluster.Urls)
                await Eventually.Until(async () => (await http.GetAsync(new Uri(url, "/healthz/ready"))).IsSuccessStatusCode, () => $"the nodes to be ready\n{cluster.Output}");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    internal async Task StartNodeAsync(string name)
    {
        var node = await NodeProcess.StartAsync(name, _server.ConnectionString(Database), _arguments);
        lock (_arguments) Volatile.Write(ref _nodes, [.. _nodes, node]);
    }

    internal async Task KillAsync(int index)
    {
        var node = Remove(index);
        await node.KillAsync();
        await node.DisposeAsync();
    }

    internal async Task<int> StopAsync(int index)
    {
        await using var node = Remove(index);
        return await node.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    private NodeProcess Remove(int index)
    {
        lock (_arguments)
        {
            var node = _nodes[index];
            Volatile.Write(ref _nodes, [.. _nodes.Where(n => n != node)]);
            return node;
        }
    }
}
