using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using AkkaSse.LoadRig.Native;

namespace AkkaSse.LoadRig.Load;

/// <summary>How far a reader's connection is.</summary>
internal enum ReaderState
{
    Closed,
    Connecting,
    Head,
    Stream,
}

/// <summary>One reader: connects, reads the response head, then takes every event apart and enters it into the ledger.</summary>
internal sealed unsafe class Reader(Rig rig, int number, int stream) : IPolled
{
    // A stalled reader's kernel buffer is small, so that the server feels it soon.
    private const int StalledReceiveBuffer = 4 << 10;

    private const uint Reading = LibC.EpollIn | LibC.EpollPeerClosed | LibC.EpollEdge;

    private int _fd = -1;
    private int _slot;
    private byte[] _carry = [];
    private int _carried;
    private BodyBytes _body;
    private Stamp _pending;
    private bool _hasPending;
    private bool _isGap;
    private byte[] _id = [];
    private int _idLength;
    private byte[] _nextId = [];
    private int _nextIdLength = -1;
    private bool _deaf;
    private ToldGaps _gaps;
    private bool _resume;

    internal int Number => number;

    internal int Stream => stream;

    internal ReaderState State { get; private set; }

    /// <summary>When it began to connect.</summary>
    internal long OpenedAt { get; private set; }

    /// <summary>True for a reader that stops reading on purpose.</summary>
    internal bool IsStalled { get; init; }

    /// <summary>Gaps that the server named since <see cref="ForgetGaps"/>.</summary>
    internal ToldGaps Gaps => _gaps;

    /// <summary>The last event id, as a browser would have it.</summary>
    internal ReadOnlySpan<byte> LastEventId => _id.AsSpan(0, _idLength);

    internal void Open(bool resume)
    {
        var plan = rig.Plan;
        OpenedAt = Clock.Now;
        _carried = 0;
        _hasPending = _isGap = _deaf = false;
        _nextIdLength = -1;
        _resume = resume;
        _fd = LoopbackSocket.Open(plan.Server.Address, plan.Server.Port, number, IsStalled ? StalledReceiveBuffer : 0);
        if (_fd < 0)
        {
            rig.ConnectFailed("refused");
            return;
        }
        State = ReaderState.Connecting;
        _slot = rig.Epoll.Add(_fd, Reading | LibC.EpollOut, this);
    }

    public void OnReady(uint events)
    {
        if (State == ReaderState.Connecting && !Send(events)) return;
        if (_deaf) return;
        var now = Clock.Now;
        while (true)
        {
            int count;
            fixed (byte* buffer = rig.Buffer) count = (int)LibC.Receive(_fd, buffer, rig.Buffer.Length, 0);
            if (count <= 0)
            {
                if (count < 0 && Marshal.GetLastPInvokeError() is LibC.WouldBlock or LibC.Interrupted) return;
                Ended();
                return;
            }
            rig.Received(count);
            Take(rig.Buffer.AsSpan(0, count), now);
            if (State == ReaderState.Closed) return;
            // Edge-triggered: less than was room for is all that there was.
            if (count < rig.Buffer.Length && (events & (LibC.EpollPeerClosed | LibC.EpollHangUp | LibC.EpollError)) == 0) return;
            now = Clock.Now;
        }
    }

    internal void ForgetGaps() => _gaps = default;

    /// <summary>Stops reading; the socket stays open.</summary>
    internal void Deafen() => _deaf = true;

    /// <summary>Reads again.</summary>
    internal void Listen()
    {
        if (!_deaf || State != ReaderState.Stream) return;
        _deaf = false;
        OnReady(LibC.EpollPeerClosed);
    }

    internal void Close()
    {
        if (_fd < 0) return;
        rig.Epoll.Remove(_fd, _slot);
        LibC.Close(_fd);
        _fd = -1;
        State = ReaderState.Closed;
    }

    private bool Send(uint events)
    {
        if (LoopbackSocket.ErrorOf(_fd) is var error and not 0)
        {
            Close();
            rig.ConnectFailed("errno " + error);
            return false;
        }
        if ((events & LibC.EpollOut) == 0) return false;
        var plan = rig.Plan;
        var text = new StringBuilder();
        text.Append("GET ").Append(Template.Fill(plan.Path, stream,
            number)).Append(" HTTP/1.1\r\nHost: ").Append(plan.Server);
        text.Append("\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n");
        foreach (var header in plan.ReaderHeaders) text.Append(Template.Fill(header, stream, number)).Append("\r\n");
        if (_resume && _idLength > 0) text.Append("Last-Event-ID: ").Append(Encoding.ASCII.GetString(LastEventId)).Append("\r\n");
        var request = Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
        fixed (byte* bytes = request)
        {
            if (LibC.Send(_fd, bytes, request.Length, LibC.NoSignal) != request.Length)
            {
                Close();
                rig.ConnectFailed("send");
                return false;
            }
        }
        State = ReaderState.Head;
        rig.Epoll.Modify(_fd, Reading, _slot);
        return true;
    }

    private void Ended()
    {
        var was = State;
        Close();
        if (was == ReaderState.Stream) rig.Disconnected(this);
        else rig.ConnectFailed("closed before the response head");
    }

    private void Take(ReadOnlySpan<byte> received, long now)
    {
        if (State == ReaderState.Head)
        {
            Carry(received);
            var end = _carry.AsSpan(0, _carried).IndexOf("\r\n\r\n"u8);
            if (end < 0) return;
            var head = Encoding.ASCII.GetString(_carry, 0, end);
            var rest = _carry.AsSpan((end + 4)..(_carried)).ToArray();
            _carried = 0;
            if (head.Length < 12 || head.AsSpan(9, 3) is not "200")
            {
                Close();
                rig.ConnectFailed(head.Split('\r')[0]);
                return;
            }
            _body = new BodyBytes(head.Contains("transfer-encoding: chunked", StringComparison.OrdinalIgnoreCase));
            State = ReaderState.Stream;
            rig.Connected(this, now - OpenedAt);
            received = rest;
        }
        while (received.Length > 0)
        {
            var run = _body.Next(ref received);
            if (run.Length > 0) Lines(run, now);
        }
        if (_body.Ended) Ended();
    }

    private void Lines(ReadOnlySpan<byte> bytes, long now)
    {
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                if (bytes.Length > 0) Carry(bytes);
                return;
            }
            if (_carried > 0)
            {
                Carry(bytes[..end]);
                Line(_carry.AsSpan(0, _carried), now);
                _carried = 0;
            }
            else
            {
                Line(bytes[..end], now);
            }
            bytes = bytes[(end + 1)..];
        }
    }

    private void Line(ReadOnlySpan<byte> line, long now)
    {
        if (line.Length > 0 && line[^1] == '\r') line = line[..^1];
        if (line.Length == 0)
        {
            Block(now);
            return;
        }
        switch (line[0])
        {
            case (byte)'d' when Value(line, "data:"u8, out var data):
                if (_isGap)
                {
                    _gaps.Add(data);
                    break;
                }
                switch (Payload.TryRead(data, rig.Plan.Size, out var stamp))
                {
                    case true when !_hasPending:
                        _pending = stamp;
                        _hasPending = true;
                        break;
                    case not null:
                        rig.Ledger.Malformed++;
                        break;
                }
                break;
            case (byte)'i' when rig.TracksIds && Value(line, "id:"u8, out var id):
                if (_nextId.Length < id.Length) _nextId = new byte[Math.Max(32, id.Length)];
                id.CopyTo(_nextId);
                _nextIdLength = id.Length;
                break;
            case (byte)'e' when Value(line, "event:"u8, out var type):
                _isGap = type.SequenceEqual("hub.gap"u8);
                break;
            case (byte)':' when line.StartsWith(": gap "u8):
                _gaps.Add(line);
                break;
        }
    }

    // The blank line: what the block said counts from here on, and not before.
    private void Block(long now)
    {
        if (_nextIdLength >= 0)
        {
            (_id, _nextId) = (_nextId, _id);
            _idLength = _nextIdLength;
            _nextIdLength = -1;
        }
        _isGap = false;
        if (!_hasPending) return;
        _hasPending = false;
        rig.Ledger.Record(this, _pending, now);
    }

    private static bool Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(name)) return false;
        value = line[name.Length..];
        if (value.Length > 0 && value[0] == ' ') value = value[1..];
        return true;
    }

    private void Carry(ReadOnlySpan<byte> bytes)
    {
        if (_carry.Length < _carried + bytes.Length)
            Array.Resize(ref _carry, Math.Max(512, Math.Max(_carry.Length * 2, _carried + bytes.Length)));
        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried += bytes.Length;
    }
}
