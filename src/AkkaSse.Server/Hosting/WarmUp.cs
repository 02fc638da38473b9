using System.Net;
using System.Net.Sockets;
using System.Runtime;
using System.Text;
using AkkaSse.Server.Configuration;

namespace AkkaSse.Server.Hosting;

/// <summary>
/// Before the server listens, the same code serves itself for a moment: <see cref="WarmUpNodes"/> of its own, with readers and publishers
/// over real sockets. A node that comes up in a rolling restart meets a storm of readers at once, and code that was never run costs several
/// times as much (decision 0048).
/// </summary>
/// <remarks>Nothing of it is left but compiled code: neither streams nor metrics nor log lines.</remarks>
internal static class WarmUp
{
    private const int Readers = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // What has become hot waits for the runtime's one compiling thread: 1.2 to 1.5 s of work after a warm-up. It is done when nothing was
    // compiled for the first of these, and is not waited for longer than the second.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(10);

    /// <summary>Runs for <see cref="ServerSettings.WarmUp"/>. A warm-up that fails does not keep the server from starting.</summary>
    /// <returns>Why it failed; null when it did not.</returns>
    internal static async Task<string?> RunAsync(EffectiveSettings settings)
    {
        if (settings.Server.WarmUp == TimeSpan.Zero) return null;
        try
        {
            await using var nodes = new WarmUpNodes();
            await nodes.StartAsync(settings);
            // Blocking sockets on a thread of their own: the server's side shall be what is compiled.
            await Task.Factory.StartNew(() => RunLoad(nodes.First, nodes.Last, settings.Server.WarmUp), CancellationToken.None,
                TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await nodes.StopAsync();
            await SettleAsync();
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            return fault.Message;
        }
        // What the warm-up has left would otherwise be collected in the middle of the first storm.
        GC.Collect();
        return null;
    }

    // A node that is ready while its code is still being compiled serves at half its speed: a storm of 10 000 readers right then cost 3.7 s
    // of processor time, and 1.9 s a second later.
    private static async Task SettleAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        long compiled;
        do
        {
            compiled = JitInfo.GetCompiledMethodCount();
            await Task.Delay(Settled);
        }
        while (JitInfo.GetCompiledMethodCount() != compiled && TimeProvider.System.GetElapsedTime(began) < SettleLimit);
    }

    private static void RunLoad(Uri first, Uri last, TimeSpan time)
    {
        var began = TimeProvider.System.GetTimestamp();
        var host = $"Host: {first.Authority}\r\n";
        using var one = new Peer(first);
        using var other = new Peer(last);
        // Client ids of a round are its own: those of the last one may still be held.
        for (var round = 0; TimeProvider.System.GetElapsedTime(began) < time; round++)
        {
            var readers = new Peer[Readers];
            try
            {
                for (var i = 0; i < Readers; i++) readers[i] = new Peer(i < Readers / 2 ? first : last);
                for (var i = 0; i < Readers; i++)
                {
                    readers[i].Send(i % 2 == 0
                        ? $"GET /v1/streams/warm/events{(i == 0 ? "?since=earliest" : "")} HTTP/1.1\r\n{host}" +
                          (i == 2 ? "Last-Event-ID: 1-0\r\n\r\n" : "\r\n")
                        : $"GET /v1/events?stream=warm&stream=other&client=c{round}-{i} HTTP/1.1\r\n{host}\r\n");
                }
                foreach (var reader in readers) reader.ReadUntil("event: hub.open"u8);
                for (var i = 0; i < Readers; i++)
                {
                    var publisher = i % 2 == 0 ? one : other;
                    publisher.Send(Post("/v1/streams/warm/events", "text/plain", $"{round} {i}"));
                    publisher.ReadAnswer();
                }
                // To a client of the other node.
                other.Send(Post($"/v1/clients/c{round}-1/events", "text/plain", "x"));
                other.ReadAnswer();
                one.Send(Post("/v1/batch", "application/x-ndjson", string.Concat(
                    Enumerable.Repeat("{\"stream\":\"warm\",\"data\":\"x\"}\n", Readers))));
                // This answer comes in chunks.
                one.ReadUntil("\r\n0\r\n\r\n"u8);
                foreach (var reader in readers) reader.ReadUntil(Encoding.ASCII.GetBytes($"data: {round} {Readers - 1}\n"));
            }
            finally
            {
                foreach (var reader in readers) reader?.Dispose();
            }
        }

        string Post(string path, string type, string body) =>
            $"POST {path} HTTP/1.1\r\n{host}Content-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}";
    }

    /// <summary>One connection, used by one thread.</summary>
    private sealed class Peer : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
        };
        private readonly byte[] _buffer = new byte[64 << 10];
        private int _count;

        internal Peer(Uri address) => _socket.Connect(new IPEndPoint(IPAddress.Loopback, address.Port));

        internal void Send(string request) => _socket.Send(Encoding.ASCII.GetBytes(request));

        /// <summary>Reads until the text has come; what came before it is forgotten.</summary>
        internal void ReadUntil(ReadOnlySpan<byte> text)
        {
            while (true)
            {
                var at = _buffer.AsSpan(0, _count).IndexOf(text);
                if (at >= 0)
                {
                    Forget(at + text.Length);
                    return;
                }
                // Keeps what may be the beginning of the text.
                if (_count > _buffer.Length / 2) Forget(_count - text.Length);
                Receive();
            }
        }

        /// <summary>Reads one answer with a length.</summary>
        internal void ReadAnswer()
        {
            ReadUntil("Content-Length: "u8);
            while (_buffer.AsSpan(0, _count).IndexOf("\r\n\r\n"u8) < 0) Receive();
            var digits = _buffer.AsSpan(0, _buffer.AsSpan(0, _count).IndexOf((byte)'\r'));
            var end = _buffer.AsSpan(0, _count).IndexOf("\r\n\r\n"u8) + 4 + int.Parse(digits, null);
            while (_count < end) Receive();
            Forget(end);
        }

        private void Receive()
        {
            var count = _socket.Receive(_buffer.AsSpan(_count));
            if (count == 0) throw new IOException("the connection was closed.");
            _count += count;
        }

        private void Forget(int count)
        {
            _buffer.AsSpan(count, _count - count).CopyTo(_buffer);
            _count -= count;
        }

        public void Dispose() => _socket.Dispose();
    }
}
