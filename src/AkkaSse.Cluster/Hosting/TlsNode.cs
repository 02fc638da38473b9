using Akka.Actor.Setup;
using Akka.Configuration;
using AkkaSse.Hub;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// TLS of one engine, for as long as the engine lives. The files are read once. Logs once a day, from 14 days before its end, that the
/// node's certificate expires. Thread-safe.
/// </summary>
internal sealed class TlsNode : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    private readonly TlsFiles _files;
    private readonly TlsSetup _setup;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly string _subject;
    private readonly DateTimeOffset _end;
    private readonly ITimer _watch;

    private TlsNode(AkkaTlsOptions options, TlsFiles files, ILogger logger, TimeProvider time)
    {
        (_files, _logger, _time) = (files, logger, time);
        var peers = new TlsPeers(options, files, time);
        _setup = new TlsSetup(options, files, peers, new TlsNotices(logger, time));
        // Disposing the timer does not wait for a callback that runs, and what it would throw of a disposed certificate would end the
        // process.
        (_subject, _end) = (files.Certificate.Subject, new DateTimeOffset(files.Certificate.NotAfter.ToUniversalTime()));
        Log.TlsOn(logger, _subject, TlsPeers.Date(_end.UtcDateTime), files.Certificate.Issuer, peers.Authorities);
        if (!options.RequirePeerCertificate) Log.TlsWithoutPeers(logger);
        Watch();
        _watch = time.CreateTimer(static node => ((TlsNode)node!).Watch(), this, Day, Day);
    }

    /// <summary>Reads the files, and logs with whose certificate the cluster speaks TLS. Null when TLS is off.</summary>
    /// <exception cref="InvalidOperationException">A file has changed since the options were checked, and cannot be read.</exception>
    internal static TlsNode? Start(AkkaTlsOptions options, ILogger logger, TimeProvider time)
    {
        if (!options.IsOn) return null;
        var faults = new List<string>();
        return TlsFiles.Read(options, faults) is { } files
            ? new TlsNode(options, files, logger, time)
            : throw new InvalidOperationException(string.Join(' ', faults));
    }

    /// <summary>How many ActorSystems of this node's transports have begun and not ended.</summary>
    internal int Transports => _setup.Transports;

    /// <summary>Adds what the transport needs; without TLS the setup stays as it is.</summary>
    internal static ActorSystemSetup Add(ActorSystemSetup setup, TlsNode? tls) => tls is null ? setup : setup.And(tls._setup);

    /// <summary>Warns that the port is open to everybody, if it is: when it listens on more than loopback and has no TLS.</summary>
    /// <param name="config">The configuration of the ActorSystem.</param>
    /// <param name="remedy">What the owner of the ActorSystem does to close the port, as an imperative clause without a full stop.</param>
    /// <param name="logger">Where the warning goes.</param>
    internal static void Warn(Config config, string remedy, ILogger logger)
    {
        var host = config.GetString("akka.remote.dot-netty.tcp.hostname");
        // Akka.NET listens on all addresses when it is given none.
        if (HostNames.IsLoopback(host) || TlsHocon.IsOn(config)) return;
        var address = string.IsNullOrEmpty(host) ? "0.0.0.0" : host;
        Log.PortIsOpen(logger, address, config.GetInt("akka.remote.dot-netty.tcp.port"), remedy);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _files.Dispose();
    }

    private void Watch()
    {
        var left = _end - _time.GetUtcNow();
        var date = TlsPeers.Date(_end.UtcDateTime);
        if (left <= TimeSpan.Zero) Log.CertificateExpired(_logger, _subject, date);
        else if (left < Soon) Log.CertificateExpires(_logger, _subject, date, (int)left.TotalDays);
    }
}
