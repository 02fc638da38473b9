using System.Net;
using Akka.Actor.Setup;
using Akka.Configuration;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Cluster.Hosting;

/// <summary>TLS of one engine, for as long as it lives: its files are read once. Thread-safe.</summary>
internal sealed class TlsNode : IDisposable
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    private readonly TlsFiles _files;
    private readonly TlsSetup _setup;
    private readonly TlsPeers _peers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;

    private TlsNode(AkkaTlsOptions options, TlsFiles files, ILogger logger, TimeProvider time)
    {
        (_files, _logger, _time) = (files, logger, time);
        _peers = new TlsPeers(options, files, time);
        _setup = new TlsSetup(options, files, _peers, new TlsNotices(logger, time));
        Log.TlsOn(logger, files.Certificate.Subject, TlsPeers.Date(files.Certificate.NotAfter), files.Certificate.Issuer, _peers.Authorities);
        if (!options.RequirePeerCertificate) Log.TlsWithoutPeers(logger);
        _watch = time.CreateTimer(static node => ((TlsNode)node!).Watch(), this, TimeSpan.Zero, Day);
    }

    /// <summary>Null without TLS.</summary>
    /// <exception cref="InvalidOperationException">A file has changed since the options were checked, and cannot be read.</exception>
    internal static TlsNode? Start(AkkaTlsOptions options, ILogger logger, TimeProvider time)
    {
        if (!options.IsOn) return null;
        var faults = new List<string>();
        return TlsFiles.Read(options, faults) is { } files ? new TlsNode(options, files, logger, time) : throw new InvalidOperationException(string.Join(' ', faults));
    }

    /// <summary>Adds what the transport needs.</summary>
    internal static ActorSystemSetup Add(ActorSystemSetup setup, TlsNode? tls) => tls is null ? setup : setup.And(tls._setup);

    /// <summary>Says that the port is open to everybody, if it is.</summary>
    /// <param name="config">Of the ActorSystem.</param>
    /// <param name="remedy">What its owner sets to close it.</param>
    /// <param name="logger">Where to.</param>
    internal static void Warn(Config config, string remedy, ILogger logger)
    {
        var host = config.GetString("akka.remote.dot-netty.tcp.hostname");
        var loopback = IPAddress.TryParse(host, out var address) ? IPAddress.IsLoopback(address) : host?.Equals("localhost", StringComparison.OrdinalIgnoreCase) == true;
        // Akka.NET listens on all addresses when it is given none.
        if (!loopback && !TlsHocon.IsOn(config)) Log.PortIsOpen(logger, string.IsNullOrEmpty(host) ? "0.0.0.0" : host, config.GetInt("akka.remote.dot-netty.tcp.port"), remedy);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _files.Dispose();
    }

    private void Watch()
    {
        var end = new DateTimeOffset(_files.Certificate.NotAfter.ToUniversalTime());
        var left = end - _time.GetUtcNow();
        var (subject, date) = (_files.Certificate.Subject, TlsPeers.Date(end.UtcDateTime));
        if (left <= TimeSpan.Zero) Log.CertificateExpired(_logger, subject, date);
        else if (left < Soon) Log.CertificateExpires(_logger, subject, date, (int)left.TotalDays);
    }
}
