using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Streams;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Clients;

/// <summary>What every connection of a node shares. One object, so that a connection holds one reference.</summary>
internal sealed class ClientHost
{
    internal required HubOptions Options { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required CoarseClock Clock { get; init; }

    internal required ActorCount Actors { get; init; }

    internal required HubMetrics Metrics { get; init; }

    internal required ILogger Logger { get; init; }

    internal required ConnectionIds Ids { get; init; }

    /// <summary>A connection has ended and left its streams.</summary>
    internal required Action<ClientActor, CloseReason> Ended { get; init; }

    /// <summary>A connection has left one stream and goes on.</summary>
    internal required Action<ClientActor, Cursor, CloseReason> Left { get; init; }
}

/// <summary>Milliseconds since the hub's start, read for nothing on the delivery path; the sweeper moves it.</summary>
internal sealed class CoarseClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private long _now = 1;

    internal long Milliseconds => Volatile.Read(ref _now);

    internal long Tick()
    {
        var now = 1 + (long)time.GetElapsedTime(_start).TotalMilliseconds;
        Volatile.Write(ref _now, now);
        return now;
    }
}

/// <summary>All connections of a node. Thread-safe.</summary>
internal sealed class ConnectionTable(ConnectionIds ids)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _perKey = new(StringComparer.Ordinal);
    // Almost always one connection per id; several zones may hold the same id.
    private readonly Dictionary<string, object> _byId = new(StringComparer.Ordinal);
    // An id that a node made is held once, and as 16 bytes.
    private readonly Dictionary<Guid, ClientActor> _byMade = [];
    private ClientActor[] _all = [];
    private int _count;
    private int _reserved;

    internal int Count => Volatile.Read(ref _count);

    /// <summary>Takes a place, unless a limit says no.</summary>
    internal bool TryReserve(int? max, int? maxPerKey, string? key)
    {
        lock (_gate)
        {
            if (_reserved >= max) return false;
            if (key is not null)
            {
                ref var held = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_perKey, key, out _);
                if (held >= maxPerKey) return false;
                held++;
            }
            _reserved++;
            return true;
        }
    }

    internal void Unreserve(string? key)
    {
        lock (_gate)
        {
            _reserved--;
            if (key is null) return;
            if (--System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_perKey, key, out _) <= 0) _perKey.Remove(key);
        }
    }

    internal void Add(ClientActor client)
    {
        lock (_gate)
        {
            if (_count == _all.Length) Array.Resize(ref _all, Math.Max(16, _count * 2));
            client.TableIndex = _count;
            _all[_count] = client;
            Volatile.Write(ref _count, _count + 1);
            if (!client.IsUnnamed) AddName(client);
        }
    }

    /// <summary>From now on a connection is found by its id. False when it has ended.</summary>
    internal bool Name(ClientActor client)
    {
        lock (_gate)
        {
            if (client.TableIndex < 0) return false;
            client.IsUnnamed = false;
            AddName(client);
            return true;
        }
    }

    internal bool Remove(ClientActor client)
    {
        lock (_gate)
        {
            if (client.TableIndex < 0) return false;
            var last = _all[_count - 1];
            _all[client.TableIndex] = last;
            last.TableIndex = client.TableIndex;
            _all[_count - 1] = null!;
            client.TableIndex = -1;
            Volatile.Write(ref _count, _count - 1);
            if (_all.Length > 1024 && _count < _all.Length / 4) Array.Resize(ref _all, _all.Length / 2);
            if (client.IsUnnamed)
            {
                return true;
            }
            if (client.Made != Guid.Empty)
            {
                _byMade.Remove(client.Made);
            }
            else if (_byId.TryGetValue(client.ClientId, out var present))
            {
                if (present is not List<ClientActor> several) _byId.Remove(client.ClientId);
                else if (several.Remove(client) && several.Count == 1) _byId[client.ClientId] = several[0];
            }
            return true;
        }
    }

    /// <summary>
    /// The newest connection with this id in a zone; a replaced one may still be ending. Without a zone: when only one zone has the id;
    /// null when none or several have it.
    /// </summary>
    internal ClientActor? Find(string id, string? zone)
    {
        lock (_gate)
        {
            return Held(id) switch
            {
                ClientActor one => zone is null || one.Zone == zone ? one : null,
                List<ClientActor> several => Newest(several, zone),
                _ => null,
            };
        }
    }

    /// <summary>Every connection with this id in a zone, one that is ending included.</summary>
    internal ClientActor[] FindAll(string id, string zone)
    {
        lock (_gate)
        {
            return Held(id) switch
            {
                ClientActor one => one.Zone == zone ? [one] : [],
                List<ClientActor> several => [.. several.Where(c => c.Zone == zone)],
                _ => [],
            };
        }
    }

    /// <summary>
    /// Copies all connections into a buffer that the caller keeps: the sweeper looks at them four times a second, and at 10 000 an array of
    /// its own would be a large object each time.
    /// </summary>
    internal int CopyTo(ref ClientActor[] buffer)
    {
        lock (_gate)
        {
            if (buffer.Length < _count) buffer = new ClientActor[_all.Length];
            _all.AsSpan(0, _count).CopyTo(buffer);
            return _count;
        }
    }

    internal ClientActor[] Snapshot()
    {
        lock (_gate) return _all.AsSpan(0, _count).ToArray();
    }

    // Under the gate.
    private void AddName(ClientActor client)
    {
        if (client.Made != Guid.Empty)
        {
            _byMade.Add(client.Made, client);
            return;
        }
        _byId[client.ClientId] = !_byId.TryGetValue(client.ClientId, out var present) ? client
            : present is ClientActor one ? new List<ClientActor> { one, client }
            : Appended((List<ClientActor>)present, client);
    }

    // Under the gate: one connection, a list of several, or null.
    private object? Held(string id) => ids.Parse(id) is { } made ? _byMade.GetValueOrDefault(made) : _byId.GetValueOrDefault(id);

    // Without a closure: each send asks.
    private static ClientActor? Newest(List<ClientActor> several, string? zone)
    {
        var wanted = zone ?? several[^1].Zone;
        ClientActor? newest = null;
        foreach (var client in several)
        {
            if (client.Zone == wanted) newest = client;
            else if (zone is null) return null;
        }
        return newest;
    }

    private static List<ClientActor> Appended(List<ClientActor> several, ClientActor client)
    {
        several.Add(client);
        return several;
    }
}
