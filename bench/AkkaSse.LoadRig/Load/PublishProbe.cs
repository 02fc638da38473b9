using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AkkaSse.LoadRig.Measure;

namespace AkkaSse.LoadRig.Load;

/// <summary>
/// Publishes at a steady pace to a stream that nobody reads, and times the answers: what a storm does to everybody else. On a thread of its
/// own, because the rig's is busy with the storm, and that would be measured instead of the server.
/// </summary>
internal sealed class PublishProbe : IDisposable
{
    /// <summary>Publishes per second: so few that they load nothing, so many that a storm of a second has a 99th percentile.</summary>
    internal const int Rate = 200;

    private const int AnswerBytes = 16 << 10;

    private readonly RigPlan _plan;
    private readonly PublishRequest _request;
    private readonly Lock _gate = new();
    private readonly Thread _thread;
    private readonly Socket _socket;
    private Histogram _times = new();
    private string? _fault;
    private volatile bool _stop;

    internal PublishProbe(RigPlan plan)
    {
        _plan = plan;
        // The number behind the last that readers read.
        _request = new PublishRequest(plan with { Batch = 1 }, plan.Streams);
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)(plan.ConnectSeconds * 1000),
        };
        _socket.Connect(plan.PublishServer);
        _thread = new Thread(Run) { IsBackground = true, Name = "publish probe" };
        _thread.Start();
    }

    /// <summary>The times since the last call, and what went wrong; begins anew.</summary>
    internal (Histogram Times, string? Fault) Take()
    {
        lock (_gate)
        {
            var times = _times;
            _times = new Histogram();
            return (times, _fault);
        }
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Run()
    {
        var request = new byte[_request.Length];
        var answer = new byte[AnswerBytes];
        const long interval = 1_000_000_000 / Rate;
        try
        {
            var due = Clock.Now;
            for (long number = 0; !_stop; number++, due += interval)
            {
                if (due - Clock.Now is var wait and > 0) Thread.Sleep(TimeSpan.FromMicroseconds(wait / 1000));
                var late = Math.Max(0, Clock.Now - due);
                var sent = Clock.Now;
                _request.Write(request, number, sent, _plan.Streams, 0);
                for (var at = 0; at < request.Length;) at += _socket.Send(request.AsSpan(at));
                var status = Answer(answer);
                // A server that was late with the last answer made this publish wait: that counts as its time too. The timer's own lateness
                // is below a millisecond and does not.
                var time = Clock.Now - sent + (late > interval ? late : 0);
                lock (_gate)
                {
                    _times.Add(time);
                    if (status is < 200 or > 299) _fault ??= $"status {status}";
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            lock (_gate) _fault ??= e.Message;
        }
    }

    private int Answer(byte[] buffer)
    {
        for (var count = 0; ;)
        {
            var n = _socket.Receive(buffer, count, buffer.Length - count, SocketFlags.None);
            if (n == 0) throw new IOException("The server closed the connection of the publish probe.");
            count += n;
            var head = buffer.AsSpan(0, count).IndexOf("\r\n\r\n"u8);
            if (head < 0) continue;
            var text = Encoding.ASCII.GetString(buffer, 0, head + 2).ToLowerInvariant();
            const string name = "\r\ncontent-length: ";
            var length = text.IndexOf(name, StringComparison.Ordinal);
            if (length < 0) throw new IOException("An answer to the publish probe has no Content-Length.");
            length += name.Length;
            var body = int.Parse(text.AsSpan(length, text.IndexOf('\r', length) - length), CultureInfo.InvariantCulture);
            if (count >= head + 4 + body) return int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture);
        }
    }
}
