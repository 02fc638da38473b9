using System.Buffers.Binary;
using System.Net.Sockets;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace AkkaSse.Cluster.Sockets;

/// <summary>Reads the frames of one connection. One thread at a time.</summary>
internal sealed class SocketReader
{
    private const int LengthBytes = 4;
    private const int BufferBytes = 64 << 10;

    private readonly SocketAssociation _association;
    private readonly IHandleEventListener _reader;
    private readonly Socket _socket;
    private readonly int _maxFrame;
    private readonly SocketAsyncEventArgs _receiver = new();
    private byte[] _buffer = new byte[BufferBytes];
    private int _filled;

    internal SocketReader(SocketAssociation association, IHandleEventListener reader, Socket socket, int maxFrame)
    {
        _association = association;
        _reader = reader;
        _socket = socket;
        _maxFrame = maxFrame;
        _receiver.Completed += (_, _) =>
        {
            if (Received()) Receive();
        };
    }

    internal void Start()
    {
        _association.Reads(_reader);
        Receive();
    }

    private void Receive()
    {
        try
        {
            do _receiver.SetBuffer(_buffer.AsMemory(_filled));
            while (!_socket.ReceiveAsync(_receiver) && Received());
        }
        catch (ObjectDisposedException)
        {
            // Ended by this side.
            _association.Fail(DisassociateInfo.Unknown);
        }
    }

    // Whether to go on.
    private bool Received()
    {
        if (_receiver.SocketError != SocketError.Success)
        {
            _association.Fail(SocketAssociation.Info(_receiver.SocketError));
            return false;
        }
        if (_receiver.BytesTransferred == 0)
        {
            _association.Fail(DisassociateInfo.Unknown);
            return false;
        }
        _filled += _receiver.BytesTransferred;
        var at = 0;
        while (_filled - at >= LengthBytes)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(at));
            if (length < 0 || length > _maxFrame)
            {
                // No frame of a node: what follows has no meaning.
                _association.Fail(DisassociateInfo.Unknown);
                return false;
            }
            if (_filled - at - LengthBytes < length)
            {
                Rest(at, LengthBytes + length);
                return true;
            }
            var frame = _buffer.AsSpan(at + LengthBytes, length).ToArray();
            at += LengthBytes + length;
            if (length > 0) _reader.Notify(new InboundPayload(UnsafeByteOperations.UnsafeWrap(frame)));
        }
        Rest(at, BufferBytes);
        return true;
    }

    // What is left moves to the front, into a buffer that takes the whole of the next frame and is no larger than it must be.
    private void Rest(int at, int needed)
    {
        var left = _buffer.AsSpan(at, _filled - at);
        var size = Math.Max(needed, BufferBytes);
        if (size == _buffer.Length)
        {
            left.CopyTo(_buffer);
        }
        else
        {
            var other = new byte[size];
            left.CopyTo(other);
            _buffer = other;
        }
        _filled -= at;
    }
}
