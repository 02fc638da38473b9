using System.Net.Sockets;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Hosting.Logging;
using AkkaSse.Hub.Engine;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// An ActorSystem of the engine's own: made from composed HOCON, joined by counting seeds, and replaced when the others have removed it.
/// </summary>
internal sealed class OwnedActorSystem(AkkaClusterOptions options, ILoggerFactory loggers, ILogger logger) : IActorSystemHost
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    // As long as leaving may take.
    private static readonly TimeSpan NameTakenFor = TimeSpan.FromSeconds(20);

    private TlsNode? _tls;
    private bool _begun;
    private bool _wasCreated;
    private int _silent;

    public int MaxFrameBytes => options.MaxFrameBytes;

    public bool Replaces => true;

    public ActorSystem Begin(EngineContext context)
    {
        var isFirst = !_begun;
        _begun = true;
        if (isFirst) _tls = TlsNode.Start(options.Tls, logger, context.Time);
        var log = new StartLoggers(loggers);
        var setup = ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(
            ClusterHocon.Compose(options, $"{typeof(AkkaLogger).FullName}, {typeof(AkkaLogger).Assembly.GetName().Name}")),
            new LoggerFactorySetup(log));
        var system = Create(TlsNode.Add(setup, _tls));
        log.Made();
        if (isFirst) TlsNode.Warn(system.Settings.Config, "Set Tls.CertificateFile and Tls.CaFile", logger);
        return system;
    }

    // Akka.NET says it five exceptions deep.
    private ActorSystem Create(ActorSystemSetup setup)
    {
        try
        {
            var system = ActorSystem.Create(options.SystemName, setup);
            _wasCreated = true;
            return system;
        }
        catch (Exception e) when (SocketFault(e) is { } fault)
        {
            var (option, advice) = Advice(fault.SocketErrorCode);
            throw new EngineStartException(
                option, $"The cluster's port {options.Host}:{options.Port} cannot be listened on: {fault.Message}. {advice}", fault);
        }
        catch (Exception e) when (!_wasCreated)
        {
            throw Refused(e);
        }
    }

    // Some values Akka.NET reads when it is needed for the first time: by the cluster, by a region.
    public Exception Explain(Exception fault) =>
        fault is EngineStartException || (options.Hocon is null && options.HoconFile is null) ? fault : Refused(fault);

    // Whatever Akka.NET makes of a value in HOCON. Values of its own the engine has checked.
    private EngineStartException Refused(Exception e) => new(
        options.HoconFile is null ? nameof(options.Hocon) : nameof(options.HoconFile),
        $"The cluster cannot be started with this configuration: {Innermost(e).Message.TrimEnd('.')}. HOCON has to have values that " +
        "Akka.NET takes.", e);

    private static (string Option, string Advice) Advice(SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse =>
            (nameof(AkkaClusterOptions.Port), "Another process has it; each node on this host needs a Port of its own."),
        SocketError.AccessDenied => (nameof(AkkaClusterOptions.Port), "This process may not; ports from 1024 on need no rights."),
        _ => (nameof(AkkaClusterOptions.Host), "Host has to be an address or a name of this machine."),
    };

    private static Exception Innermost(Exception e) =>
        e is AggregateException { InnerExceptions: [var first, ..] } ? Innermost(first) : e.InnerException is { } inner
            ? Innermost(inner)
            : e;

    private static SocketException? SocketFault(Exception? e) => e switch
    {
        null => null,
        SocketException socket => socket,
        AggregateException many => many.InnerExceptions.Select(SocketFault).FirstOrDefault(static found => found is not null),
        _ => SocketFault(e.InnerException),
    };

    public async Task<bool> JoinAsync(ClusterNode node, bool wasRemoved, CancellationToken ended)
    {
        var joined = await new Joining(node, options, wasRemoved, _silent).RunAsync(ended).ConfigureAwait(false);
        _silent = joined ? 0 : _silent + 1;
        return joined;
    }

    public async Task EndedAsync(ClusterNode node, CancellationToken stopped)
    {
        // Also one that was begun while the engine was ending.
        await using (stopped.Register(() => _ = node.System.Terminate()).ConfigureAwait(false))
            await node.System.WhenTerminated.ConfigureAwait(false);
    }

    public Task LeaveAsync(ClusterNode node, IReadOnlyList<IActorRef> regions, CancellationToken limit) =>
        CoordinatedShutdown.Get(node.System).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);

    public async Task EndAsync(ActorSystem system, IReadOnlyList<IActorRef> regions)
    {
        try
        {
            await system.Terminate().WaitAsync(EndLimit).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            Log.Fault(logger, e, "the end of the ActorSystem");
        }
    }

    public void Dispose() => _tls?.Dispose();

    // It never became a member with a name; it leaves, and tries again as a new one. Until it has left it is not ready.
    public void OnNameTaken(ClusterNode node)
    {
        node.Refuse(NameTakenFor);
        node.Cluster.Leave(node.Self.Address);
    }
}
