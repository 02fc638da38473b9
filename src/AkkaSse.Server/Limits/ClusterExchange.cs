using AkkaSse.Hub;

namespace AkkaSse.Server.Limits;

/// <summary>
/// Once a second tells the other nodes what this one has allowed, and hears it from them: a value of the engine for each node, which every
/// engine has. No publish waits for it. While nobody answers, each node counts for itself. A hub of one node tells nobody.
/// </summary>
internal sealed partial class ClusterExchange(
    IHubEdge edge, ClusterQuota quota, TimeProvider time, ILogger<ClusterExchange> logger) : BackgroundService
{
    private const string Prefix = "limits/";
    private const int NodesEvery = 5;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // Longer than a node remembers an idle subject, whose end is a change.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Version, Dictionary<SubjectKey, long> Said)> _heard = [];
    private byte[] _told = [];
    private bool _logged;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<string> others = [];
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            for (var tick = 0; await timer.WaitForNextTickAsync(stoppingToken); tick++)
            {
                if (edge.Phase != HubPhase.Running) continue;
                try
                {
                    if (tick % NodesEvery == 0) others = await OthersAsync(stoppingToken);
                    if (others.Count == 0) continue;
                    await TellAsync();
                    foreach (var node in others) await HearAsync(node);
                    _logged = false;
                }
                catch (Exception fault) when (fault is InvalidOperationException or ObjectDisposedException)
                {
                    if (!_logged) LogFault(logger, fault);
                    _logged = true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    private async Task<List<string>> OthersAsync(CancellationToken cancellation)
    {
        var nodes = await edge.NodesAsync(cancellation);
        List<string> others = [.. nodes.Where(static n => !n.Self).Select(static n => n.Name)];
        if (nodes.IsComplete)
        {
            foreach (var gone in _heard.Keys.Except(others).ToList()) _heard.Remove(gone);
        }
        return others;
    }

    private async Task TellAsync()
    {
        var report = quota.Report();
        if (report.AsSpan().SequenceEqual(_told)) return;
        var put = await edge.Values.PutAsync(Prefix + edge.Options.NodeName, report, Lifetime, expected: null, CancellationToken.None);
        if (put.IsKnown) _told = report;
    }

    private async Task HearAsync(string node)
    {
        if (!(await edge.Values.GetAsync(Prefix + node, CancellationToken.None)).TryGet(out var value)) return;
        var known = _heard.TryGetValue(node, out var heard);
        if (known && heard.Version == (value?.Version ?? 0)) return;
        _heard[node] = (value?.Version ?? 0, quota.Charge((value?.Bytes ?? default).Span, known ? heard.Said : null));
    }

    [LoggerMessage(3150, LogLevel.Error,
        "What the other nodes have counted of Limits:ClusterPublishes cannot be read; this node counts alone")]
    private static partial void LogFault(ILogger logger, Exception fault);
}
