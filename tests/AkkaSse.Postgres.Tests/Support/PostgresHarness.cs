using AkkaSse.Engine.Specs;
using AkkaSse.Hub;
using AkkaSse.Testing;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Postgres.Tests.Support;

/// <summary>Nodes on a database of their own.</summary>
public sealed class PostgresHarness(PostgresServer server, TimeProvider? time = null, Func<PostgresOptions, PostgresOptions>? change = null)
    : IManualTimeHarness
{
    private readonly List<(EngineNode Node, PostgresEngine Engine)> _nodes = [];
    private string? _database;

    public PostgresServer Server => server;

    /// <summary>What the engines have logged.</summary>
    public LineLog Log { get; } = new();

    public async ValueTask<string> DatabaseAsync() => _database ??= await server.CreateDatabaseAsync();

    public async ValueTask<EngineNode> StartNodeAsync(string name = "n1", Action<HubOptions>? configure = null)
    {
        var options = new HubOptions { NodeName = name, AutoCreate = true, OpenTimeout = TimeSpan.FromMinutes(1) };
        configure?.Invoke(options);
        var postgres = new PostgresOptions { ConnectionString = server.ConnectionString(await DatabaseAsync()) };
        var engine = new PostgresEngine(change?.Invoke(postgres) ?? postgres, new Logger<PostgresEngine>(Log));
        var hub = new SseHub(options, engine, time: time ?? GrantedTime.Instance);
        await hub.StartAsync();
        await Eventually.Until(() => engine.State == Hub.Engine.EngineState.Ready, $"the engine of {name} to be ready");
        _nodes.Add((new EngineNode(hub, engine), engine));
        return _nodes[^1].Node;
    }

    public async ValueTask AdvanceAsync(TimeSpan by)
    {
        ((ManualTimeProvider)time!).Advance(by);
        // What the job would do at its own time.
        while (await _nodes[0].Engine.Retention!.StepAsync(default))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (node, _) in _nodes) await node.DisposeAsync();
    }
}
