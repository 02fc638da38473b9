using Akka.Actor;
using Akka.Event;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Hears what the transport says of connections, and makes a sentence of it. Of a connection that is no TLS, Akka.NET logs two stack traces, and all bytes that came as hexadecimal digits: whoever reaches the port could
/// fill the log with what it likes.
/// </summary>
internal sealed class TlsEar : ReceiveActor
{
    private readonly TlsNotices _notices;

    public TlsEar(TlsNotices notices)
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

    /// <summary>Why a handshake failed, as the end of a sentence; null when this side refused, which has been told.</summary>
    internal static string? ReasonOf(Exception handshake)
    {
        var innermost = handshake.GetBaseException();
        var text = innermost.Message;
        if (text.Contains("RemoteCertificateValidationCallback", StringComparison.Ordinal)) return null;
        // Of the alerts that the other side may send, those about certificates are what is met in practice.
        if (text.Contains("alert", StringComparison.OrdinalIgnoreCase)) return $"it refuses this node's certificate, or agrees on nothing else ({Short(text)})";
        // DotNetty's own exception, and SslStream's; the former's text has all bytes that came.
        if (innermost.GetType().Name == "NotSslRecordException" || text.Contains("frame", StringComparison.Ordinal)) return "it speaks no TLS";
        return IsClosed(innermost) ? "it ended the connection before TLS was agreed on: it speaks no TLS, refuses this node's certificate, or is just ending" : $"TLS was not agreed on ({Short(text)})";
    }

    // DotNetty's words for a connection that ended, on either side.
    private static bool IsClosed(Exception innermost) => innermost is IOException;

    private static string Short(string text) => text.ReplaceLineEndings(" ").Trim() is { Length: > 200 } longer ? longer[..200] : text.ReplaceLineEndings(" ").Trim();

    private void OnError(Error error)
    {
        var text = error.Message.ToString() ?? "";
        if (!IsOfChannel(error))
        {
            _notices.Fault(error.Cause, text);
            return;
        }
        // "TLS handshake failed on channel [local->remote](Id=…)": of connections that this node made, Associate tells.
        if (error.LogClass?.Name != "TcpServerHandler" || error.Message is not LogMessage message || !text.StartsWith("TLS handshake failed", StringComparison.Ordinal) || error.Cause is not { } cause) return;
        // Who looks whether anybody listens, as nodes that join do of a silent seed, ends the connection without a word.
        if (IsClosed(cause.GetBaseException())) return;
        if (message.Parameters().ElementAtOrDefault(1)?.ToString() is { } peer && ReasonOf(cause) is { } reason) _notices.Refused(peer, reason);
    }

    private void OnWarning(Warning warning)
    {
        var text = warning.Message.ToString() ?? "";
        if (warning.Message is LogMessage message && text.StartsWith("Mutual TLS required", StringComparison.Ordinal)) _notices.Refused(message.Parameters().FirstOrDefault()?.ToString() ?? "", "it shows no certificate");
        else if (!IsOfChannel(warning)) _notices.Fault(null, text);
    }

    private static bool IsOfChannel(LogEvent log) => log.LogClass?.Name is "TcpServerHandler" or "TcpClientHandler";
}
