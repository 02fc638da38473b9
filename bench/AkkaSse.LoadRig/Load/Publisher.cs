using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AkkaSse.LoadRig.Native;

namespace AkkaSse.LoadRig.Load;

/// <summary>One connection that publishes: requests out, pipelined as deep as the plan says, answers in.</summary>
internal sealed unsafe class Publisher : IPolled, IDisposable
{
    private const uint Interest = LibC.EpollIn | LibC.EpollOut | LibC.EpollPeerClosed | LibC.EpollEdge;

    private readonly PublisherSet _set;
    private readonly int _number;
    private readonly Queue<(int Stream, long At)> _waiting = new();
    private byte[] _out = new byte[4096];
    private int _outStart;
    private int _outEnd;
    private byte[] _in = new byte[4096];
    private int _inEnd;
    private int _fd = -1;
    private int _slot;

    internal Publisher(PublisherSet set, int number)
    {
        _set = set;
        _number = number;
        Open();
    }

    internal int InFlight => _waiting.Count;

    internal void Send(int stream, long number, long stamp)
    {
        var request = _set.RequestFor(stream);
        Ensure(ref _out, _outEnd + request.Length);
        request.Write(_out.AsSpan(_outEnd, request.Length), number, stamp, stream, _number);
        _outEnd += request.Length;
        _waiting.Enqueue((stream, Clock.Now));
        Flush();
    }

    public void OnReady(uint events)
    {
        Flush();
        var closed = false;
        while (true)
        {
            int count;
            Ensure(ref _in, _inEnd + 4096);
            fixed (byte* to = &_in[_inEnd]) count = (int)LibC.Receive(_fd, to, _in.Length - _inEnd, 0);
            if (count <= 0)
            {
                closed = count == 0 || Marshal.GetLastPInvokeError() is not (LibC.WouldBlock or LibC.Interrupted or LibC.NotConnected);
                break;
            }
            _inEnd += count;
        }
        closed |= !TakeAnswers();
        if (!closed) return;
        // What had no answer may or may not have been accepted: neither lost nor delivered can be said of it.
        _set.Unanswered(_waiting.Count);
        _waiting.Clear();
        _outStart = _outEnd = _inEnd = 0;
        Dispose();
        Open();
    }

    public void Dispose()
    {
        if (_fd < 0) return;
        _set.Rig.Epoll.Remove(_fd, _slot);
        LibC.Close(_fd);
        _fd = -1;
    }

    private void Open()
    {
        _fd = LoopbackSocket.Open(_set.Plan.Address, _set.Plan.Port, -1);
        if (_fd < 0) throw new RigException("A connection to publish on was refused.");
        _slot = _set.Rig.Epoll.Add(_fd, Interest, this);
    }

    private void Flush()
    {
        while (_outStart < _outEnd)
        {
            int count;
            fixed (byte* from = &_out[_outStart]) count = (int)LibC.Send(_fd, from, _outEnd - _outStart, LibC.NoSignal);
            // Not yet connected or no room: the next readiness goes on. A broken connection is seen by the read.
            if (count < 0) return;
            _outStart += count;
        }
        _outStart = _outEnd = 0;
    }

    // False when the server wants the connection closed.
    private bool TakeAnswers()
    {
        var at = 0;
        var keep = true;
        while (_waiting.Count > 0 && keep)
        {
            var length = Answer(_in.AsSpan(at, _inEnd - at), out var status, out keep);
            if (length == 0)
            {
                keep = true;
                break;
            }
            var accepted = status is >= 200 and < 300 ? Accepted(_in.AsSpan(at, length)) : 0;
            at += length;
            if (status < 200) continue;
            var (stream, sentAt) = _waiting.Dequeue();
            _set.Answered(stream, status, accepted, Clock.Now - sentAt);
        }
        if (at > 0)
        {
            _in.AsSpan(at, _inEnd - at).CopyTo(_in);
            _inEnd -= at;
        }
        return keep;
    }

    // Of a batch the answer says how many were accepted; where it says nothing, its status speaks for all.
    private int Accepted(ReadOnlySpan<byte> answer)
    {
        var count = "\"accepted\":"u8;
        var at = _set.Plan.Batch == 1 ? -1 : answer.LastIndexOf(count);
        return at >= 0 && Utf8Parser.TryParse(answer[(at + count.Length)..], out int accepted, out _) ? accepted : _set.Plan.Batch;
    }

    // Length of the first complete response, 0 for none.
    private static int Answer(ReadOnlySpan<byte> bytes, out int status, out bool keep)
    {
        status = 0;
        keep = true;
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0) return 0;
        status = int.Parse(Encoding.ASCII.GetString(bytes.Slice(9, 3)), CultureInfo.InvariantCulture);
        var body = end + 4;
        var head = bytes[..(end + 2)];
        keep = !Header(head, "connection: "u8).StartsWith("close"u8);
        if (status is 204 or 304 or < 200) return body;
        var length = Header(head, "content-length: "u8);
        if (length.Length > 0)
        {
            body += int.Parse(Encoding.ASCII.GetString(length), CultureInfo.InvariantCulture);
            return body <= bytes.Length ? body : 0;
        }
        if (!Header(head, "transfer-encoding: "u8).StartsWith("chunked"u8))
        {
            keep = false;
            return body;
        }
        var last = bytes[body..].StartsWith("0\r\n\r\n"u8) ? -2 : bytes[body..].IndexOf("\r\n0\r\n\r\n"u8);
        return last == -1 ? 0 : body + last + 7;
    }

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> head, ReadOnlySpan<byte> name)
    {
        while (true)
        {
            var next = head.IndexOf("\r\n"u8);
            if (next < 0) return default;
            head = head[(next + 2)..];
            if (head.Length < name.Length || !Ascii.EqualsIgnoreCase(head[..name.Length], name)) continue;
            var value = head[name.Length..];
            return value[..value.IndexOf("\r\n"u8)];
        }
    }

    private static void Ensure(ref byte[] buffer, int size)
    {
        if (buffer.Length < size) Array.Resize(ref buffer, Math.Max(size, buffer.Length * 2));
    }
}
