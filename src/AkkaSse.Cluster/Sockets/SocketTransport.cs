using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using AkkaSse.Cluster.Batching;

namespace AkkaSse.Cluster.Sockets;

/// <summary>
/// Akka.NET's TCP transport on plain sockets: the same frames on the wire, without the threads of DotNetty, of which each message passes
/// one on either side. What the actors of a turn write goes out when the turn ends, in one call for each connection, on the thread of the
/// turn; what arrives is handed to the actors on the thread that polls the sockets.
/// </summary>
/// <remarks>
/// Created by Akka.NET by reflection, with the settings of <c>akka.remote.dot-netty.tcp</c>. It reads hostname, port, public-hostname,
/// public-port, connection-timeout, backlog, maximum-frame-size, tcp-nodelay, tcp-keepalive, send-buffer-size, receive-buffer-size and
/// dns-use-ipv6; the others are DotNetty's. Thread-safe.
/// </remarks>
internal sealed class SocketTransport : Transport
{
    private readonly SocketSettings _settings;
    private readonly TurnExecutor _executor;
    private readonly ILoggingAdapter _log;
    private readonly Lock _gate = new();
    private readonly HashSet<SocketAssociation> _associations = [];
    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SocketAssociation[] _all = [];
    private Socket? _server;
    private bool _isOver;

    public SocketTransport(ActorSystem system, Config config)
    {
        if (config.GetBoolean("enable-ssl"))
            throw new ArgumentException("The plain sockets know no TLS; transport-class has to name another transport.", nameof(config));
        System = system;
        Config = config;
        SchemeIdentifier = "tcp";
        _settings = new SocketSettings(config);
        MaximumPayloadBytes = _settings.MaxFrameBytes;
        _log = Logging.GetLogger(system, typeof(SocketTransport));
        _executor = TurnExecutor.Of(system.EventStream);
        _executor.AtEndOfTurn(Flush);
    }

    internal SocketSettings Settings => _settings;

    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var at = await _settings.ResolveAsync(_settings.Hostname, _settings.Port, CancellationToken.None).ConfigureAwait(false);
        var server = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            server.Bind(at);
            server.Listen(_settings.Backlog);
        }
        catch
        {
            server.Dispose();
            throw;
        }
        _server = server;
        var bound = (IPEndPoint)server.LocalEndPoint!;
        LocalAddress = new Address(SchemeIdentifier, System.Name, _settings.PublicHostname, _settings.PublicPort ?? bound.Port);
        // Nobody is let in before there is somebody to tell.
        _ = _listener.Task.ContinueWith(
            listener => AcceptAsync(server, listener.Result), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);
        return (LocalAddress, _listener);
    }

    /// <summary>By which the others know this node.</summary>
    internal Address LocalAddress { get; private set; } = null!;

    public override bool IsResponsibleFor(Address remote) => true;

    /// <exception cref="InvalidAssociationException">Nobody listens there, or does not answer in time.</exception>
    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        using var limit = new CancellationTokenSource(_settings.ConnectTimeout);
        Socket? socket = null;
        try
        {
            var at = await _settings.ResolveAsync(
                remoteAddress.Host ?? throw new InvalidAssociationException($"{remoteAddress} names no host."),
                remoteAddress.Port ?? throw new InvalidAssociationException($"{remoteAddress} names no port."), limit.Token)
                .ConfigureAwait(false);
            socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(at, limit.Token).ConfigureAwait(false);
            return Begin(socket, remoteAddress) ?? throw new InvalidAssociationException("The transport has ended.");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket?.Dispose();
            throw new InvalidAssociationException(e is SocketException
                ? $"{e.Message} {remoteAddress}"
                : $"{remoteAddress} was not reached within {_settings.ConnectTimeout}.", e);
        }
    }

    public override async Task<bool> Shutdown()
    {
        SocketAssociation[] all;
        lock (_gate)
        {
            _isOver = true;
            all = _all;
        }
        _server?.Dispose();
        foreach (var association in all) association.End();
        // The others are told of what a node did last: it ends when that has been sent.
        await Task.WhenAll(all.Select(static a => a.Ended)).ConfigureAwait(false);
        return true;
    }

    /// <summary>From an association that has ended.</summary>
    internal void Remove(SocketAssociation association)
    {
        lock (_gate)
        {
            if (_associations.Remove(association)) _all = [.. _associations];
        }
    }

    /// <summary>From an association: something was written to it.</summary>
    internal void FlushSoon()
    {
        if (!TurnExecutor.IsInTurn) _executor.EndTurnSoon();
    }

    private void Flush()
    {
        foreach (var association in Volatile.Read(ref _all)) association.Flush();
    }

    private async Task AcceptAsync(Socket server, IAssociationEventListener listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await server.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (_gate)
                {
                    if (_isOver) return;
                }
                // Somebody gave up before he was let in, or the process has too many open files.
                _log.Warning("A connection was not accepted: {0}", e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
                continue;
            }
            if (socket.RemoteEndPoint is not IPEndPoint remote)
            {
                socket.Dispose();
                continue;
            }
            // Who it is it says itself, in Akka.NET's handshake.
            var from = new Address(SchemeIdentifier, System.Name, remote.Address.ToString(), remote.Port);
            if (Begin(socket, from) is { } association) listener.Notify(new InboundAssociation(association));
        }
    }

    private SocketAssociation? Begin(Socket socket, Address remote)
    {
        _settings.Apply(socket);
        var association = new SocketAssociation(this, socket, LocalAddress, remote);
        lock (_gate)
        {
            if (!_isOver)
            {
                _associations.Add(association);
                _all = [.. _associations];
                return association;
            }
        }
        socket.Dispose();
        return null;
    }
}
