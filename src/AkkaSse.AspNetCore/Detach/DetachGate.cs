using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Stands between one transport connection and the server's HTTP layer. Requests pass through it unchanged. Once an event stream is
/// admitted the HTTP layer writes the response head and ends, and the connection itself goes on with the stream.
/// </summary>
/// <remarks>
/// The server's list of heartbeat handlers would keep the HTTP objects alive for as long as the connection is open (about 4 KB each), and
/// no handler can be taken out of it: what the HTTP layer asks for is done by <see cref="ConnectionHeartbeats"/>, which lets go of it when
/// the connection is detached.
/// </remarks>
internal sealed class DetachGate : PipeWriter, IDuplexPipe, IConnectionHeartbeatFeature
{
    private readonly ConnectionContext _connection;
    private readonly IDuplexPipe _transport;
    private readonly PipeWriter _output;
    private readonly IConnectionHeartbeatFeature? _heartbeat;
    private readonly Socket? _socket;
    private bool _beats;
    private ArrayBufferWriter<byte>? _head;
    private bool _used;
    private bool _holds;

    private DetachGate(ConnectionContext connection, AcceptThrottle? throttle)
    {
        _connection = connection;
        Throttle = throttle;
        _transport = connection.Transport;
        _output = _transport.Output;
        _heartbeat = connection.Features.Get<IConnectionHeartbeatFeature>();
        // Only where nothing stands between this gate and the socket: what other middleware does to the bytes must be done.
        if (_transport.GetType().Assembly == typeof(SocketTransportOptions).Assembly)
            _socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
    }

    /// <summary>The throttle that readers go through; null for none.</summary>
    internal AcceptThrottle? Throttle { get; }

    /// <summary>The event stream that the connection goes on with; null for none.</summary>
    internal IClientConnection? Stream { get; private set; }

    /// <summary>See <see cref="StreamEnd"/>.</summary>
    internal StreamEnd End { get; private set; }

    public PipeReader Input => _transport.Input;

    public PipeWriter Output => this;

    public override bool CanGetUnflushedBytes => _output.CanGetUnflushedBytes;

    public override long UnflushedBytes => _output.UnflushedBytes;

    /// <summary>Puts a gate in front of a connection's transport.</summary>
    internal static DetachGate Open(ConnectionContext connection, AcceptThrottle? throttle)
    {
        var gate = new DetachGate(connection, throttle);
        connection.Transport = gate;
        connection.Features.Set<IConnectionHeartbeatFeature>(gate);
        return gate;
    }

    /// <summary>The gate that a request's connection came through; null for none.</summary>
    internal static DetachGate? Of(HttpContext context) => context.Features.Get<IConnectionHeartbeatFeature>() as DetachGate;

    /// <summary>
    /// True when the connection can go on without the request: plain HTTP/1.1, and nothing but this gate between the transport, the
    /// server's HTTP layer and the endpoint, so that what is written past them is what they would have written; and nobody who may still be
    /// asked needs the request.
    /// </summary>
    internal bool CanDetach(HttpContext context)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol) || context.Response.HasStarted) return false;
        var features = context.Features;
        if (AddedStreams.AreAsked(features)) return false;
        // TLS and other connection middleware put a transport of their own in front of the gate; response middleware replaces the body.
        return ReferenceEquals(features.Get<IConnectionTransportFeature>()?.Transport, this) && ResponseBody.IsOfServer(features);
    }

    /// <summary>
    /// Writes the head that the response has now, for a body in chunks, and leaves the connection to <paramref name="stream"/> as soon as
    /// the HTTP layer has ended. Nothing is sent yet: the head goes out with the stream's first bytes, in one system call.
    /// </summary>
    internal async Task DetachAsync(HttpContext context, IClientConnection stream, StreamEnd end)
    {
        End = end;
        _holds = true;
        // What the connection has sent before may still be on its way through the transport, and nothing may overtake it.
        if (!_used && _socket is not null) _head = new ArrayBufferWriter<byte>(512);
        try
        {
            // Ends the HTTP layer as "Connection: close" does, but not in the response: when that says so, Node's fetch takes a killed
            // server for a proper end of the body (decision 0080).
            await ChunkedStart.RunAsync(context, stream, closing: _connection.Features).ConfigureAwait(false);
            Stream = stream;
        }
        catch
        {
            _holds = false;
            _head = null;
            throw;
        }
    }

    /// <summary>Where the stream's body is written: behind the head, straight to the socket where that is possible.</summary>
    internal PipeWriter OpenBody() =>
        _head is { } head ? new SocketWriter(_socket!, head.WrittenSpan.ToArray()) : new ChunkedWriter(_output);

    /// <summary>The HTTP layer has ended: takes the gate away, so that nothing of the request is reachable from the connection.</summary>
    internal void Close()
    {
        if (_beats) ConnectionHeartbeats.Leave(this);
        _connection.Transport = _transport;
        _connection.Features.Set(_heartbeat);
    }

    public void OnHeartbeat(Action<object> action, object state)
    {
        if (_beats)
        {
            // Only the HTTP layer is known to ask; whoever asks besides it belongs to the connection and not to a request.
            _heartbeat?.OnHeartbeat(action, state);
            return;
        }
        _beats = true;
        ConnectionHeartbeats.Join(this, action, state);
    }

    /// <summary>The handler of the heartbeat threw: a connection without timeouts may not go on.</summary>
    internal void Abort(Exception fault)
    {
        ConnectionHeartbeats.Leave(this);
        _connection.Abort(new ConnectionAbortedException("The heartbeat of the connection failed.", fault));
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _head is { } head ? head.GetMemory(sizeHint) : _output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _head is { } head ? head.GetSpan(sizeHint) : _output.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        if (_head is { } head)
        {
            head.Advance(bytes);
            return;
        }
        _used = true;
        _output.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _holds ? default : _output.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => _output.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        if (!_holds) _output.Complete(exception);
    }
}
