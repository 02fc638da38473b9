namespace AkkaSse.Testing.Processes;

/// <summary>Server processes that are one hub.</summary>
/// <param name="start">How a node of this name is started.</param>
public sealed class NodeCluster(Func<string, NodeStart> start) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private List<NodeProcess> _nodes = [];
    private bool _isLent;

    /// <summary>The nodes that run, in the order of their starts.</summary>
    public IReadOnlyList<NodeProcess> Nodes => Volatile.Read(ref _nodes);

    /// <summary>Where the nodes that run are.</summary>
    public IReadOnlyList<Uri> Urls => [.. Nodes.Select(static n => n.Url)];

    /// <summary>What they have written last.</summary>
    public string Output => string.Join('\n', Nodes.Select(static n => $"--- {n.Name}\n{n.Output}"));

    /// <summary>Starts n0, n1, … together and waits until all are ready. Ends them when one is not.</summary>
    public async Task StartAsync(int nodes)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, nodes).Select(i => StartNodeAsync($"n{i}")));
            lock (_gate) Volatile.Write(ref _nodes, [.. _nodes.OrderBy(static n => n.Name, StringComparer.Ordinal)]);
            await ReadyAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>The same nodes for a test that does not own them: disposing what it gets ends nothing.</summary>
    public NodeCluster Lend() => new(start) { _nodes = _nodes, _isLent = true };

    /// <summary>Waits until all nodes say that they are ready.</summary>
    public async Task ReadyAsync()
    {
        using var http = new HttpClient();
        foreach (var url in Urls)
        {
            await Eventually.Until(
                async () => (await http.GetAsync(new Uri(url, "/healthz/ready"))).IsSuccessStatusCode, () => $"the nodes to be ready\n{Output}", TimeSpan.FromSeconds(60));
        }
    }

    public async Task StartNodeAsync(string name)
    {
        var node = await NodeProcess.StartAsync(name, start(name));
        lock (_gate) Volatile.Write(ref _nodes, [.. _nodes, node]);
    }

    /// <summary>Ends a node with SIGKILL.</summary>
    public async Task KillAsync(int index)
    {
        var node = Remove(index);
        await node.KillAsync();
        await node.DisposeAsync();
    }

    /// <summary>Ends a node with SIGTERM; its exit code.</summary>
    public async Task<int> StopAsync(int index)
    {
        await using var node = Remove(index);
        return await node.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isLent) return;
        foreach (var node in Nodes) await node.DisposeAsync();
    }

    private NodeProcess Remove(int index)
    {
        lock (_gate)
        {
            var node = _nodes[index];
            Volatile.Write(ref _nodes, [.. _nodes.Where(n => n != node)]);
            return node;
        }
    }
}
