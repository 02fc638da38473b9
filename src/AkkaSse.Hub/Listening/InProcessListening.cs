using System.Collections.Concurrent;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Lifetime;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Listening;

/// <summary>
/// Decides whether a caller may listen to a stream inside the process, and ends all listeners with the hub; given the cursor opener, the
/// stream table, the node's state and options, the clock, the metrics, the count of actors and the fault log. Thread-safe.
/// </summary>
internal sealed class InProcessListening(
    CursorOpener opener,
    StreamTable streams,
    HubState state,
    HubOptions options,
    TimeProvider time,
    HubMetrics metrics,
    ActorCount actors,
    FaultLog faults)
{
    private readonly ConcurrentDictionary<StreamListener, bool> _listeners = new();

    internal TimeProvider Time => time;

    internal HubMetrics Metrics => metrics;

    internal FaultLog Faults => faults;

    /// <exception cref="ArgumentException">The name is invalid.</exception>
    /// <exception cref="InvalidOperationException">The hub is not running.</exception>
    internal IAsyncEnumerable<T> ToStream<T>(
        string stream, StartPosition? from, Func<StreamEvent, T> select, CancellationToken cancellation) =>
        options.CheckReadableName(stream) is { } fault
            ? throw new ArgumentException(fault, nameof(stream))
            : Listen(stream, from ?? StartPosition.Latest, select, cancellation);

    /// <exception cref="ArgumentException">The name is invalid.</exception>
    /// <exception cref="InvalidOperationException">The hub is not running.</exception>
    internal IAsyncEnumerable<SseEvent> ToZone(string zone, CancellationToken cancellation) =>
        HubNames.Check(zone) is { } fault
            ? throw new ArgumentException(fault, nameof(zone))
            : Listen(HubNames.ZoneStream(zone), StartPosition.Latest, static e => e.Event, cancellation);

    /// <exception cref="InvalidOperationException">The hub is not running.</exception>
    internal IAsyncEnumerable<SseEvent> ToAll(CancellationToken cancellation) =>
        Listen(HubNames.BroadcastStream, StartPosition.Latest, static e => e.Event, cancellation);

    /// <summary>The hub has stopped: enumerations end after what there is.</summary>
    internal void Stop()
    {
        foreach (var listener in _listeners.Keys) listener.HubStopped();
    }

    internal async ValueTask<StreamListener> OpenAsync(string stream, StartPosition from, CancellationToken cancellation)
    {
        var places = new CursorSet(opener, streams);
        try
        {
            var refused = await places.AddAsync(stream, 1, _ => ReaderStart.From(from), cancellation).ConfigureAwait(false);
            if (places.Cursors is not [var cursor]) throw new HubException(refused?.Error ?? "The stream was removed.");
            var listener = new StreamListener(this, actors, cursor);
            _listeners.TryAdd(listener, true);
            // The hub is stopped first and its listeners are told then: one of the two sees the other.
            if (state.Phase == HubPhase.Stopped) listener.HubStopped();
            return listener;
        }
        catch
        {
            places.Undo();
            throw;
        }
    }

    internal void Close(StreamListener listener, Cursor cursor)
    {
        _listeners.TryRemove(listener, out _);
        cursor.LocalStream.Leave(cursor);
        streams.Release(cursor.LocalStream);
    }

    private StreamEnumerable<T> Listen<T>(string stream, StartPosition from, Func<StreamEvent, T> select, CancellationToken cancellation) =>
        state.IsUp
            ? new StreamEnumerable<T>(this, stream, from, select, cancellation)
            : throw new InvalidOperationException("The hub is not running.");
}
