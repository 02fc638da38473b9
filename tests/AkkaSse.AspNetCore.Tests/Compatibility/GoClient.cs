using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>An event as a client of an older hub hands it to its user. What that client does not have is "".</summary>
internal sealed record GoEvent(string Type, string Data, string Id = "");

/// <summary>
/// A model of an older client on a real socket: what it demands of the response, and what it makes of the bytes, faults included. What it cannot work with is an
/// exception, where the original would return an error.
/// </summary>
internal abstract class GoClient : IAsyncDisposable
{
    private readonly Queue<GoEvent> _events = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly byte[] _bytes = new byte[32 * 1024];
    private readonly char[] _chars = new char[32 * 1024];
    private RawConnection? _connection;

    /// <summary>Everything read since the last connect.</summary>
    public StringBuilder Wire { get; } = new();

    public RawResponse? Head { get; private set; }

    /// <summary>Connects, and throws for a response that this client does not take.</summary>
    public async Task ConnectAsync(Uri server, string target, params IEnumerable<string> headers)
    {
        await DisposeAsync();
        Wire.Clear();
        _decoder.Reset();
        Reset();
        _connection = await RawConnection.OpenAsync(server);
        await _connection.WriteHeadAsync("GET", target, headers.Concat(Headers()));
        Head = await _connection.ReadHeadAsync();
        if (Refuses(Head) is { } why)
            throw new InvalidOperationException($"{why}: {Encoding.UTF8.GetString(await _connection.ReadBodyToEndAsync())}");
    }

    /// <summary>The next event; null when the server has ended the stream.</summary>
    public async Task<GoEvent?> NextAsync()
    {
        using var deadline = Eventually.Limit();
        while (_events.Count == 0)
        {
            int read;
            try
            {
                read = await _connection!.ReadBodyAsync(_bytes, deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"No event in time; read was: {Wire}");
            }
            if (read == 0)
            {
                foreach (var e in AtEnd()) _events.Enqueue(e);
                return _events.TryDequeue(out var last) ? last : null;
            }
            var text = new string(_chars, 0, _decoder.GetChars(_bytes, 0, read, _chars, 0));
            Wire.Append(text);
            foreach (var e in Read(text)) _events.Enqueue(e);
        }
        return _events.Dequeue();
    }

    /// <summary>True when events are parsed and not yet taken.</summary>
    public bool HasEvents => _events.Count > 0;

    /// <summary>Cuts the connection as a vanished peer does; events already parsed are lost too.</summary>
    public void Cut()
    {
        _events.Clear();
        _connection!.Reset();
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
    }

    protected virtual IEnumerable<string> Headers() => [];

    /// <summary>Why this client does not take a response; null when it does.</summary>
    protected abstract string? Refuses(RawResponse head);

    /// <summary>Parses what one read has brought.</summary>
    protected abstract IEnumerable<GoEvent> Read(string text);

    /// <summary>What this client makes of a rest without a blank line when the stream ends; most drop it.</summary>
    protected virtual IEnumerable<GoEvent> AtEnd() => [];

    /// <summary>Forgets half-read lines of the last connection.</summary>
    protected abstract void Reset();
}

/// <summary>Cuts what was read into pieces that end with a mark.</summary>
internal sealed class Splitter(string mark)
{
    private string _rest = "";

    public void Reset() => _rest = "";

    /// <summary>What is left without a mark.</summary>
    public string Rest => _rest;

    public IEnumerable<string> Feed(string text)
    {
        var pieces = (_rest + text).Split(mark);
        _rest = pieces[^1];
        return pieces[..^1];
    }
}

/// <summary>
/// S0, the ctrlX SDK's client: takes 200 and 201, any content type; needs ": " between name and value; glues data lines without LF; knows no id; calls back at
/// every blank line, with ("", "") for an empty block.
/// </summary>
internal sealed class CtrlXClient : GoClient
{
    private readonly Splitter _lines = new("\n");
    private string _type = "", _data = "";

    protected override IEnumerable<string> Headers() => ["Accept: text/event-stream", "Authorization: Bearer token"];

    protected override string? Refuses(RawResponse head) => head.Status > 201 ? $"status {head.Status}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        foreach (var line in _lines.Feed(text))
        {
            if (line.Length == 0)
            {
                yield return new GoEvent(_type, _data);
                (_type, _data) = ("", "");
                continue;
            }

            var parts = line.Split(": ", 2);
            if (parts.Length < 2) continue;
            if (parts[0] == "event") _type = parts[1];
            if (parts[0] == "data") _data += parts[1];
        }
    }

    protected override void Reset()
    {
        _lines.Reset();
        (_type, _data) = ("", "");
    }
}

/// <summary>
/// S1, the r3labs client: takes 200 only, any content type; cuts at blank lines, knows a field by its prefix, removes one space, fills in the last id, hands on
/// whatever has id, data, type or retry, a rest at the end of the stream too; keeps the last id as bytes and sends it on every connect when it is not empty.
/// </summary>
internal sealed class R3labsClient : GoClient
{
    private readonly Splitter _blocks = new("\n\n");

    public string LastEventId { get; set; } = "";

    protected override IEnumerable<string> Headers()
    {
        yield return "Cache-Control: no-cache";
        yield return "Accept: text/event-stream";
        yield return "Connection: keep-alive";
        if (LastEventId.Length > 0) yield return "Last-Event-ID: " + LastEventId;
    }

    protected override string? Refuses(RawResponse head) => head.Status != 200 ? $"could not connect to stream, status {head.Status}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        foreach (var block in _blocks.Feed(text))
        {
            if (Block(block) is { } e) yield return e;
        }
    }

    protected override IEnumerable<GoEvent> AtEnd()
    {
        var rest = _blocks.Rest;
        Reset();
        return rest.Length > 0 && Block(rest) is { } e ? [e] : [];
    }

    protected override void Reset() => _blocks.Reset();

    private GoEvent? Block(string block)
    {
        var (type, data, id, retry) = ("", "", "", "");
        foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Field(line, "id:") is { } i) id = i;
            else if (Field(line, "data:") is { } d) data += d + "\n";
            else if (line == "data") data += "\n";
            else if (Field(line, "event:") is { } t) type = t;
            else if (Field(line, "retry:") is { } r) retry = r;
        }

        if (data.Length > 0) data = data[..^1];
        if (id.Length > 0) LastEventId = id;
        return LastEventId.Length + data.Length + type.Length + retry.Length > 0 ? new GoEvent(type, data, LastEventId) : null;
    }

    private static string? Field(string line, string prefix) =>
        !line.StartsWith(prefix, StringComparison.Ordinal) ? null : line[prefix.Length..] is [' ', .. var value] ? value : line[prefix.Length..];
}

/// <summary>
/// S2: takes 200 with exactly <c>text/event-stream</c>; parses each read by itself, so that an event cut in two is lost; the first unnamed type is <c>message</c>;
/// empty data are not handed on.
/// </summary>
internal sealed class ExactTypeClient : GoClient
{
    private string _type = "message", _last = "";

    protected override IEnumerable<string> Headers() => _last.Length > 0 ? ["Last-Event-ID: " + _last] : [];

    protected override string? Refuses(RawResponse head) => head.Status != 200 ? $"status {head.Status}"
        : head.Header("Content-Type") != "text/event-stream" ? $"content type {head.Header("Content-Type")}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        var data = new List<string>();
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.Length == 0)
            {
                var all = string.Join('\n', data);
                data.Clear();
                if (all.Length == 0) continue;
                yield return new GoEvent(_type, all, _last);
                _type = "message";
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = colon < 0 ? "" : line[(colon + 1)..] is [' ', .. var rest] ? rest : line[(colon + 1)..];
            switch (colon < 0 ? line : line[..colon])
            {
                case "data":
                    data.Add(value);
                    break;
                case "event":
                    _type = value;
                    break;
                case "id":
                    _last = value;
                    break;
            }
        }
    }

    protected override void Reset() => _type = "message";
}

/// <summary>S4, the zone hub's client: takes 200; trims every value, ends every data line with LF, gives up at a block with nothing that it knows.</summary>
internal sealed class ZoneClient : GoClient
{
    private readonly Splitter _blocks = new("\n\n");

    protected override string? Refuses(RawResponse head) => head.Status != 200 ? $"status {head.Status}" : null;

    protected override IEnumerable<GoEvent> Read(string text)
    {
        foreach (var block in _blocks.Feed(text))
        {
            var (type, data, id, known) = ("", "", "", false);
            foreach (var line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon < 0) continue;
                var value = line[(colon + 1)..].Trim();
                switch (line[..colon])
                {
                    case "":
                        known = true;
                        break;
                    case "data":
                        data += value + "\n";
                        known = true;
                        break;
                    case "event":
                        type = value;
                        break;
                    case "id":
                        id = value;
                        break;
                }
            }

            if (!known) throw new InvalidOperationException($"a block without data and comment: {block}");
            if (data.Length > 0) yield return new GoEvent(type, data, id);
        }
    }

    protected override void Reset() => _blocks.Reset();
}
