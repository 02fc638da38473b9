using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AkkaSse.LoadRig.Tests;

/// <summary>A server of one stream that does to its readers what a test wants: the rig must notice.</summary>
internal sealed class ScriptedServer : IDisposable
{
    /// <summary>In place of a frame: the reader's connection is cut.</summary>
    internal const string Cut = "\0";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<NetworkStream> _readers = [];
    private readonly List<TcpClient> _clients = [];
    private readonly Lock _gate = new();
    private readonly Func<int, int, string, IEnumerable<string>> _script;
    private readonly string _answer;
    private readonly Dictionary<int, string> _held = [];
    private readonly HashSet<int> _cut = [];
    private int _events;

    /// <summary>Starts.</summary>
    /// <param name="script">For reader, event (both from 0) and the event's data: the frames that this reader gets now.</param>
    /// <param name="status">Status of a publish's answer.</param>
    /// <param name="body">Body of a publish's answer.</param>
    internal ScriptedServer(Func<int, int, string, IEnumerable<string>> script, int status = 202, string body = "ok")
    {
        _script = script;
        _answer = $"HTTP/1.1 {status} X\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        _listener.Start();
        _ = AcceptAsync();
    }

    internal string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    internal static string Frame(string data) => $"data: {data}\n\n";

    /// <summary>Keeps a frame back for a reader, to be sent after the next.</summary>
    internal IEnumerable<string> SwapWithNext(int reader, string data)
    {
        if (_held.Remove(reader, out var earlier)) return [Frame(data), Frame(earlier)];
        _held[reader] = data;
        return [];
    }

    public void Dispose()
    {
        _listener.Dispose();
        lock (_gate)
        {
            foreach (var client in _clients) client.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                client.NoDelay = true;
                lock (_gate) _clients.Add(client);
                _ = ServeAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        try
        {
            var text = "";
            var buffer = new byte[64 << 10];
            while (true)
            {
                var count = await stream.ReadAsync(buffer);
                if (count == 0) return;
                text += Encoding.ASCII.GetString(buffer, 0, count);
                while (Take(ref text, stream)) ;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The rig or the test has ended.
        }
    }

    private void Send(int reader, string frame)
    {
        if (frame != Cut)
        {
            _readers[reader].Write(Encoding.ASCII.GetBytes(frame));
            return;
        }
        _cut.Add(reader);
        _readers[reader].Dispose();
    }

    // One request; false when there is no whole one.
    private bool Take(ref string text, NetworkStream stream)
    {
        var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0) return false;
        if (text.StartsWith("GET", StringComparison.Ordinal))
        {
            text = text[(head + 4)..];
            lock (_gate)
            {
                _readers.Add(stream);
                stream.Write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:\n"u8);
            }
            return true;
        }
        const string Length = "Content-Length: ";
        var at = text.IndexOf(Length, StringComparison.Ordinal) + Length.Length;
        var length = int.Parse(text.AsSpan(at, text.IndexOf('\r', at) - at), provider: null);
        if (text.Length < head + 4 + length) return false;
        var data = text.Substring(head + 4, length);
        text = text[(head + 4 + length)..];
        lock (_gate)
        {
            for (var reader = 0; reader < _readers.Count; reader++)
            {
                if (_cut.Contains(reader)) continue;
                foreach (var frame in _script(reader, _events, data)) Send(reader, frame);
            }
            _events++;
        }
        stream.Write(Encoding.ASCII.GetBytes(_answer));
        return true;
    }
}
