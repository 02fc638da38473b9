using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Compatibility;

/// <summary>
/// A model of an older client on a real socket: what it demands of the response, and what it makes of the bytes, faults included. What it
/// cannot work with is an exception, where the original would return an error.
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
