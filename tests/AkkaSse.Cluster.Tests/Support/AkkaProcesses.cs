using AkkaSse.Testing;
using AkkaSse.Testing.Processes;

namespace AkkaSse.Cluster.Tests.Support;

/// <summary>
/// Server processes that are one Akka cluster on loopback. Each name keeps its port, also over a restart; n0, n1 and n2 are the seeds.
/// </summary>
internal static class AkkaProcesses
{
    /// <summary>
    /// For tests that lose no node: one that gets no processor for a minute is still there. Others run with the downing settings of
    /// production.
    /// </summary>
    internal static string[] Patient { get; } = ["--akka-hocon", Path.Combine(AppContext.BaseDirectory, "Support", "patient.hocon")];

    /// <param name="nodes">Started now.</param>
    /// <param name="extra">So many may be started later.</param>
    /// <param name="arguments">Of each server.</param>
    internal static Task<NodeCluster> StartAsync(int nodes, int extra, params string[] arguments) =>
        StartAsync(nodes, extra, _ => arguments);

    /// <param name="nodes">Started now.</param>
    /// <param name="extra">So many may be started later.</param>
    /// <param name="arguments">Of each server, by its name.</param>
    internal static async Task<NodeCluster> StartAsync(int nodes, int extra, Func<string, string[]> arguments)
    {
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (i, port) in FreePort.Take(nodes + extra).Index()) ports[$"n{i}"] = port;
        string[] seeds = [.. Enumerable.Range(0, Math.Min(3, nodes)).SelectMany(
            i => new[] { "--akka-seed", $"127.0.0.1:{ports[$"n{i}"]}" })];
        var cluster = new NodeCluster(
            name => new NodeStart(
            ["--urls", "http://127.0.0.1:0", "--engine", "akka", "--akka-port", $"{ports[name]}", .. seeds, .. arguments(name)])
        {
            // What a test that fails prints is all that is known of why.
            Environment = new Dictionary<string, string> { ["AKKASSE_AKKA__HOCON"] = "akka.loglevel = INFO" },
        });
        await cluster.StartAsync(nodes);
        return cluster;
    }

    internal static Task<NodeCluster> StartAsync(int nodes, params string[] arguments) => StartAsync(nodes, 0, arguments);
}
