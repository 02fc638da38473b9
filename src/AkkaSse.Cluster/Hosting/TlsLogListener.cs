using Akka.Actor;
using Akka.Event;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Listens to what the transport logs of connections, and makes one line of it. Of a connection that is no TLS, Akka.NET logs two stack
/// traces and all bytes that came, in hexadecimal: whoever reaches the port could fill the log with what it likes.
/// </summary>
internal sealed class TlsLogListener : ReceiveActor
{
    private readonly TlsNotices _notices;

    public TlsLogListener(TlsNotices notices)
    {
        _notices = notices;
        Receive<Error>(OnError);
        Receive<Warning>(OnWarning);
    }

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(Error));
        Context.System.EventStream.Subscribe(Self, typeof(Warning));
    }

    /// <summary>The other side was gone before it could be told why.</summary>
    internal static TlsRefusal Ended { get; } =
        new(TlsRefusalKind.Ended,
            "it ended the connection before TLS was agreed on: it speaks no TLS, refuses this node's certificate, or is just ending");

    /// <summary>
    /// Tells why a handshake failed. Null when this side refused the other's certificate, which <see cref="TlsSetup"/> has logged.
    /// </summary>
    internal static TlsRefusal? ReasonOf(Exception handshake)
    {
        var innermost = handshake.GetBaseException();
        var text = innermost.Message;
        if (text.Contains("RemoteCertificateValidationCallback", StringComparison.Ordinal)) return null;
        // Of the alerts that the other side may send, those about certificates are what is met in practice.
        if (text.Contains("alert", StringComparison.OrdinalIgnoreCase))
            return new(TlsRefusalKind.RefusedByPeer, $"it refuses this node's certificate, or agrees on nothing else ({Short(text)})");
        // DotNetty's own exception, and SslStream's; the former's text has all bytes that came.
        if (innermost.GetType().Name == "NotSslRecordException" || text.Contains("frame", StringComparison.Ordinal))
            return new(TlsRefusalKind.NoTls, "it speaks no TLS");
        return IsClosed(innermost)
            ? Ended
            : new(TlsRefusalKind.Other, $"TLS was not agreed on ({Short(text)})");
    }

    // What DotNetty throws for a connection that ended, on either side.
    private static bool IsClosed(Exception innermost) => innermost is IOException;

    private static string Short(string text) => TlsText.Clean(text.ReplaceLineEndings(" ").Trim());

    private void OnError(Error error)
    {
        var text = error.Message.ToString() ?? "";
        if (!IsOfChannel(error))
        {
            _notices.Fault(error.Cause, text);
            return;
        }
        // "TLS handshake failed on channel [local->remote](Id=…)": of connections that this node made, Associate tells.
        if (error.LogClass?.Name != "TcpServerHandler" || error.Message is not LogMessage message
            || !text.StartsWith("TLS handshake failed", StringComparison.Ordinal) || error.Cause is not { } cause)
            return;
        // Who looks whether anybody listens, as nodes that join do of a silent seed, ends the connection without a word.
        if (IsClosed(cause.GetBaseException())) return;
        if (message.Parameters().ElementAtOrDefault(1)?.ToString() is { } peer && ReasonOf(cause) is { } refusal)
            _notices.Refused(peer, refusal);
    }

    private void OnWarning(Warning warning)
    {
        var text = warning.Message.ToString() ?? "";
        if (warning.Message is LogMessage message && text.StartsWith("Mutual TLS required", StringComparison.Ordinal))
            _notices.Refused(message.Parameters().FirstOrDefault()?.ToString() ?? "", TlsSetup.NoCertificate);
        else if (!IsOfChannel(warning)) _notices.Fault(null, text);
    }

    private static bool IsOfChannel(LogEvent log) => log.LogClass?.Name is "TcpServerHandler" or "TcpClientHandler";
}
