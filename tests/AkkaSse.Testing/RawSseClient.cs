using System.Text;

namespace AkkaSse.Testing;

/// <summary>
/// A block of the event stream as it stood on the wire, without its blank line: all lines since the previous block, comments included.
/// </summary>
/// <param name="Lines">The lines, without their ends.</param>
public sealed record RawBlock(IReadOnlyList<string> Lines)
{
    /// <summary>The event's type; null without an <c>event</c> line.</summary>
    public string? Type => Field("event");

    /// <summary>The data lines joined by LF; null without one.</summary>
    public string? Data => Values("data") is { Count: > 0 } lines ? string.Join('\n', lines) : null;

    /// <summary>The id; null without an <c>id</c> line.</summary>
    public string? Id => Field("id");

    /// <summary>The retry in milliseconds as text; null without a <c>retry</c> line.</summary>
    public string? Retry => Field("retry");

    /// <summary>The comment lines, without the colon.</summary>
    public IReadOnlyList<string> Comments => [.. Lines.Where(l => l.StartsWith(':')).Select(l => l[1..].TrimStart(' '))];

    /// <summary>The last value of a field; null when absent.</summary>
    public string? Field(string name) => Values(name) is { Count: > 0 } values ? values[^1] : null;

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Lines);

    private List<string> Values(string name) =>
        [.. Lines.Where(l => l.StartsWith(name + ":", StringComparison.Ordinal)).Select(
            l => l[(name.Length + 1)..] is ['\u0020', .. var rest] ? rest : l[(name.Length + 1)..])];
}

/// <summary>Reads an event stream from a raw socket, block by block, each read with a deadline. Not thread-safe.</summary>
public sealed class RawSseClient : IAsyncDisposable
{
    private readonly MemoryStream _line = new();
    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly List<string> _lines = [];
    private int _start, _end;

    private RawSseClient(RawConnection connection, RawResponse head)
    {
        Connection = connection;
        Head = head;
    }

    /// <summary>The connection, for tests that freeze or reset it.</summary>
    public RawConnection Connection { get; }

    /// <summary>The response's head.</summary>
    public RawResponse Head { get; }

    /// <summary>Lines read since the last complete block; after the end: what was left without a blank line.</summary>
    public IReadOnlyList<string> Pending => _lines;

    /// <summary>Connects and reads the head.</summary>
    public static async Task<RawSseClient> OpenAsync(Uri server, string target, params IEnumerable<string> headers)
    {
        var connection = await RawConnection.OpenAsync(server).ConfigureAwait(false);
        try
        {
            await connection.WriteHeadAsync("GET", target, headers).ConfigureAwait(false);
            return new RawSseClient(connection, await connection.ReadHeadAsync().ConfigureAwait(false));
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// The next block; null when the stream has ended cleanly. The deadline is for the whole block: heartbeats do not prolong it.
    /// </summary>
    /// <exception cref="TimeoutException">None came within the deadline; the message shows what had been read.</exception>
    public async Task<RawBlock?> NextAsync()
    {
        using var cancel = Eventually.Limit();
        return await ReadAsync(cancel.Token).ConfigureAwait(false);
    }

    /// <summary>The next block that fits; blocks before it are dropped. The deadline is for all of them together.</summary>
    /// <exception cref="InvalidOperationException">The stream ended before.</exception>
    public async Task<RawBlock> NextAsync(Func<RawBlock, bool> fits, string what)
    {
        using var cancel = Eventually.Limit();
        try
        {
            while (await ReadAsync(cancel.Token).ConfigureAwait(false) is { } block)
            {
                if (fits(block)) return block;
            }
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Waited in vain for: {what}. {e.Message}");
        }
        throw new InvalidOperationException($"The stream ended while waiting for: {what}.");
    }

    /// <summary>The next event that is none of the hub's own.</summary>
    public Task<RawBlock> NextEventAsync() =>
        NextAsync(b => b.Data is not null && b.Type?.StartsWith("hub.", StringComparison.Ordinal) != true, "an event");

    /// <summary>The next event of that type.</summary>
    public Task<RawBlock> NextAsync(string type) =>
        NextAsync(b => b.Type == type, $"an event of type {type}");

    /// <summary>The next line, the empty one of a block's end included; null at the clean end.</summary>
    public async Task<string?> NextLineAsync()
    {
        using var cancel = Eventually.Limit();
        return await NextLineAsync(cancel.Token).ConfigureAwait(false);
    }

    /// <summary>The next block, however long it takes; null when the stream has ended cleanly.</summary>
    /// <exception cref="TimeoutException">Cancelled.</exception>
    public async Task<RawBlock?> ReadAsync(CancellationToken cancellation)
    {
        while (await NextLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            if (line.Length > 0)
            {
                _lines.Add(line);
                continue;
            }
            var block = new RawBlock([.. _lines]);
            _lines.Clear();
            return block;
        }
        return null;
    }

    private async Task<string?> NextLineAsync(CancellationToken cancellation)
    {
        while (true)
        {
            while (_start < _end)
            {
                var b = _buffer[_start++];
                if (b != '\n')
                {
                    _line.WriteByte(b);
                    continue;
                }
                var text = Encoding.UTF8.GetString(_line.GetBuffer(), 0, (int)_line.Length);
                _line.SetLength(0);
                return text;
            }
            try
            {
                _start = 0;
                _end = await Connection.ReadBodyAsync(_buffer, cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException(
                    $"No complete line in time; pending are {_lines.Count} lines and the text " +
                    $"'{Encoding.UTF8.GetString(_line.ToArray())}'.");
            }
            if (_end == 0) return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync().ConfigureAwait(false);
        await _line.DisposeAsync().ConfigureAwait(false);
    }
}
