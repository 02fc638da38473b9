namespace AkkaSse.Testing.Processes;

/// <summary>Server processes that are one hub.</summary>
/// <param name="start">How a node of this name is started.</param>
public sealed class NodeCluster(Func<string, NodeStart> start) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private List<NodeProcess> _nodes = [];

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

    /// <summary>Waits until all nodes say that they are ready.</summary>
    public async Task ReadyAsync()
    {
        using var http = new HttpClient();
        foreach (var node in Nodes) await ReadyAsync(http, node);
    }

    /// <summary>Starts a node, which is one of <see cref="Nodes"/> as soon as it listens.</summary>
    public async Task StartNodeAsync(string name) => Add(await NodeProcess.StartAsync(name, start(name)));

    /// <summary>Starts a node, which is one of <see cref="Nodes"/> once it says that it is ready: balancers send nothing before.</summary>
    public async Task StartReadyNodeAsync(string name)
    {
        var node = await NodeProcess.StartAsync(name, start(name));
        using var http = new HttpClient();
        try
        {
            await ReadyAsync(http, node);
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
        Add(node);
    }

    private async Task ReadyAsync(HttpClient http, NodeProcess node) => await Eventually.Until(
        async () => (await http.GetAsync(new Uri(node.Url, "/healthz/ready"))).IsSuccessStatusCode,
        () => $"{node.Name} to be ready\n{node.Output}\n{Output}");

    private void Add(NodeProcess node)
    {
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

/// <summary>Nodes that a test uses and does not end; other tests may use the same ones afterwards.</summary>
/// <param name="nodes">The nodes.</param>
/// <param name="ends">True when they are this test's alone and end with it.</param>
public sealed class BorrowedCluster(NodeCluster nodes, bool ends) : IAsyncDisposable
{
    public NodeCluster Nodes { get; } = nodes;

    public ValueTask DisposeAsync() => ends ? Nodes.DisposeAsync() : ValueTask.CompletedTask;
}
