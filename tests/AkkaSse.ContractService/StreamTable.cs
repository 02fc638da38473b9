using System.Collections.Concurrent;
using System.Globalization;

namespace AkkaSse.ContractService;

/// <summary>The running clients by their number.</summary>
internal sealed class StreamTable : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, StreamEntity> _streams = new();
    private int _last;

    public string Add(StreamEntity stream)
    {
        var id = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        _streams[id] = stream;
        stream.Start();
        return id;
    }

    public StreamEntity? Find(string id) => _streams.GetValueOrDefault(id);

    public StreamEntity? Remove(string id) => _streams.TryRemove(id, out var stream) ? stream : null;

    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _streams.Values)
        {
            await stream.DisposeAsync();
        }
    }
}
