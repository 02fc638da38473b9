using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaSse.Cluster.Sockets;

/// <summary>
/// One connection. A frame is four bytes with its length, the lowest first, and the payload, as DotNetty's are. Thread-safe.
/// </summary>
internal sealed class SocketAssociation : AssociationHandle
{
    // Beyond so much what was written does not wait for the end of the turn.
    private const int EnoughBytes = 64 << 10;
    private const int LengthBytes = 4;

    // What is still to be sent when the association ends gets so long.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly SocketTransport _transport;
    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly SocketAsyncEventArgs _sender = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _sending = new();
    private IHandleEventListener? _reader;
    private bool _isSending;
    private bool _isEnding;
    private bool _isClosed;

    internal SocketAssociation(SocketTransport transport, Socket socket, Address local, Address remote)
        : base(local, remote)
    {
        _transport = transport;
        _socket = socket;
        _sender.Completed += (_, _) => OnSent();
        // Nothing is read before there is somebody to give it to.
        _ = ReadHandlerSource.Task.ContinueWith(
            reader => new SocketReader(this, reader.Result, socket, transport.Settings.MaxFrameBytes).Start(), CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    /// <summary>Completes when the connection is closed.</summary>
    internal Task Ended => _ended.Task;

    public override bool Write(ByteString payload)
    {
        bool isEnough;
        lock (_gate)
        {
            if (_isEnding) return false;
            BinaryPrimitives.WriteInt32LittleEndian(_filling.GetSpan(LengthBytes), payload.Length);
            _filling.Advance(LengthBytes);
            payload.Span.CopyTo(_filling.GetSpan(payload.Length));
            _filling.Advance(payload.Length);
            isEnough = _filling.WrittenCount >= EnoughBytes;
        }
        if (isEnough) Flush();
        else _transport.FlushSoon();
        return true;
    }

    /// <summary>Sends what was written, unless something is being sent: then it follows that.</summary>
    internal void Flush()
    {
        if (Volatile.Read(ref _filling).WrittenCount == 0) return;
        lock (_gate)
        {
            if (_isSending || _isClosed || _filling.WrittenCount == 0) return;
            _isSending = true;
            Swap();
        }
        Send();
    }

    [Obsolete("Use the method that states reason to make sure disassociation reasons are logged.")]
    public override void Disassociate() => End();

    /// <summary>Sends what is left, and ends. Idempotent.</summary>
    internal void End()
    {
        lock (_gate)
        {
            if (_isEnding) return;
            _isEnding = true;
        }
        Flush();
        lock (_gate)
        {
            if (_isSending)
            {
                _ = Task.Delay(LastWords).ContinueWith(_ => Close(), TaskScheduler.Default);
                return;
            }
        }
        Close();
    }

    /// <summary>From the reader, and from whoever finds the connection broken.</summary>
    /// <param name="info">Told to Akka.NET, once.</param>
    internal void Fail(DisassociateInfo info)
    {
        IHandleEventListener? reader;
        lock (_gate)
        {
            _isEnding = true;
            (reader, _reader) = (_reader, null);
        }
        Close();
        reader?.Notify(new Disassociated(info));
    }

    internal void Reads(IHandleEventListener reader)
    {
        lock (_gate) _reader = reader;
    }

    internal static DisassociateInfo Info(SocketError error) =>
        error is SocketError.ConnectionReset or SocketError.OperationAborted or SocketError.ConnectionAborted
            ? DisassociateInfo.Shutdown
            : DisassociateInfo.Unknown;

    private void Close()
    {
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
        }
        _transport.Remove(this);
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The other side was first.
        }
        _socket.Dispose();
        _ended.TrySetResult();
    }

    // Under the gate.
    private void Swap()
    {
        (_filling, _sending) = (_sending, _filling);
        _sender.SetBuffer(System.Runtime.InteropServices.MemoryMarshal.AsMemory(_sending.WrittenMemory));
    }

    private void Send()
    {
        try
        {
            while (!_socket.SendAsync(_sender))
            {
                if (!Sent()) return;
            }
        }
        catch (ObjectDisposedException)
        {
            // The association has ended.
        }
    }

    private void OnSent()
    {
        if (Sent()) Send();
    }

    // Whether there is more to send.
    private bool Sent()
    {
        if (_sender.SocketError != SocketError.Success)
        {
            Fail(Info(_sender.SocketError));
            return false;
        }
        var rest = _sender.MemoryBuffer[_sender.BytesTransferred..];
        if (rest.Length > 0)
        {
            _sender.SetBuffer(rest);
            return true;
        }
        var ends = false;
        lock (_gate)
        {
            _sending.ResetWrittenCount();
            // A snapshot's buffer is not kept for ever.
            if (_sending.Capacity > 1 << 20) _sending = new ArrayBufferWriter<byte>();
            if (_filling.WrittenCount > 0 && !_isClosed)
            {
                Swap();
                return true;
            }
            _isSending = false;
            ends = _isEnding;
        }
        if (ends) Close();
        return false;
    }
}
