using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Akka.NET's transport, in a small ActorSystem of its own. Akka.NET (1.5.74) shuts the ActorSystem of a transport down when a node that it
/// connects to does not agree on TLS: one node that comes back at its address without TLS, with a wrong certificate, or that is killed in
/// the middle of a handshake, would take every other node down with it. Here that ends nothing, and the node is as unreachable as one that
/// is not there.
/// </summary>
/// <remarks>
/// Created by Akka.NET by reflection. What the transport logs comes to <see cref="TlsLogListener"/> and not to the application's log.
/// </remarks>
internal sealed class TlsTransport : Transport
{
    // Nothing of it may end by itself, and it has two actors.
    private const string OwnHocon = """
        akka {
          loggers = []
          loglevel = WARNING
          stdout-loglevel = OFF
          log-dead-letters = off
          coordinated-shutdown {
            run-by-clr-shutdown-hook = off
            run-by-actor-system-terminate = off
            terminate-actor-system = off
            exit-clr = off
          }
          actor.default-dispatcher.executor = thread-pool-executor
          actor.internal-dispatcher.executor = thread-pool-executor
        }
        """;

    private readonly ActorSystem _own;
    private readonly Transport _inner;
    private readonly TlsNotices _notices;

    public TlsTransport(ActorSystem system, Config config)
    {
        System = system;
        Config = config;
        var setup = system.Settings.Setup.Get<TlsSetup>() is { HasValue: true } given
            ? given.Value
            : throw new InvalidOperationException("The transport with TLS has no certificate.");
        _notices = setup.Notices;
        // The name is part of the addresses that the transport makes.
        _own = ActorSystem.Create(
            system.Name, ActorSystemSetup.Create(
            BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(OwnHocon)), setup.DotNetty));
        setup.Count(_own);
        try
        {
            system.RegisterOnTermination(() => _ = _own.Terminate());
            _own.ActorOf(Props.Create(() => new TlsLogListener(_notices)));
            var tcp = Type.GetType("Akka.Remote.Transport.DotNetty.TcpTransport, Akka.Remote", throwOnError: true)!;
            _inner = (Transport)Activator.CreateInstance(tcp, _own, config)!;
            if (_inner.SchemeIdentifier != "ssl.tcp")
                throw new InvalidOperationException($"The transport speaks {_inner.SchemeIdentifier} and not TLS.");
        }
        catch
        {
            // Nobody else knows of it, and the engine tries again every 0.2 to 10 s.
            _ = _inner?.Shutdown();
            _ = _own.Terminate();
            throw;
        }
    }

    public override string SchemeIdentifier => _inner.SchemeIdentifier;

    public override long MaximumPayloadBytes => _inner.MaximumPayloadBytes;

    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        try
        {
            return await _inner.Listen().ConfigureAwait(false);
        }
        catch
        {
            // A port that is taken: the inner transport has shut itself down.
            _ = _own.Terminate();
            throw;
        }
    }

    public override bool IsResponsibleFor(Address remote) => _inner.IsResponsibleFor(remote);

    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        try
        {
            return await _inner.Associate(remoteAddress).ConfigureAwait(false);
        }
        catch (Exception e) when (e.InnerException is { } handshake
            && e.Message.StartsWith("TLS handshake failed", StringComparison.Ordinal))
        {
            if (TlsLogListener.ReasonOf(handshake) is { } refusal) _notices.Unreached(remoteAddress, refusal);
            throw;
        }
        catch (NullReferenceException)
        {
            // Akka.NET 1.5.74 asks the channel for its handler after connecting, and a channel that has ended by then has none.
            _notices.Unreached(remoteAddress, TlsLogListener.Ended);
            throw;
        }
    }

    public override async Task<bool> Shutdown()
    {
        try
        {
            return await _inner.Shutdown().ConfigureAwait(false);
        }
        finally
        {
            _ = _own.Terminate();
        }
    }

    public override Task<bool> ManagementCommand(object message) => _inner.ManagementCommand(message);
}
