using System.Collections.Concurrent;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// The streams that this node is attached to: one actor per stream while anybody reads it. Attaching is done once for all who ask at the
/// same time.
/// </summary>
internal sealed class StreamTable(
    IHubEngine engine, ActorCount actors, Action<Exception, string> fault, HubOptions options, HubMetrics metrics)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly NamespaceReaders?[]? _readers = NamespaceReaders.Of(options);
    private int _placeholders;

    internal int Count => _entries.Count;

    internal int ReadersOf(string stream) => _entries.TryGetValue(stream, out var entry) ? entry.Actor.Readers : 0;

    internal StreamActor? Find(string stream) => _entries.TryGetValue(stream, out var entry) ? entry.Actor : null;

    internal IEnumerable<StreamActor> All => _entries.Values.Select(e => e.Actor);

    /// <summary>The stream's actor, attached; to be given back. Null when too many streams that do not exist are waited for.</summary>
    internal async ValueTask<StreamActor?> AcquireAsync(string stream, CancellationToken cancellation)
    {
        Entry entry;
        var isNew = false;
        lock (_gate)
        {
            if (!_entries.TryGetValue(stream, out entry!) || entry.Actor.IsRemoved)
            {
                isNew = true;
                entry = new Entry(new StreamActor(stream, actors, fault, SharedBy(stream), metrics.CountersOf(stream)));
                entry.Attaching = AttachAsync(entry);
                _entries[stream] = entry;
            }
            entry.References++;
        }
        try
        {
            await entry.Attaching.WaitAsync(cancellation).ConfigureAwait(false);
            // The reader may know more than this node: an event it got from another one, or a publish that was answered there.
            if (!isNew && entry.Actor.Remote is { } remote) await remote.SyncAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            Release(entry);
            throw;
        }
        if (entry.Placeholder && Volatile.Read(ref _placeholders) > options.MaxPlaceholders && StillTooMany(entry))
        {
            Release(entry);
            return null;
        }
        return entry.Actor;
    }

    /// <summary>Gives an actor back; the last one detaches.</summary>
    internal void Release(StreamActor actor)
    {
        Entry? entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(actor.Name, out entry) || !ReferenceEquals(entry.Actor, actor)) entry = actor.Detached;
        }
        if (entry is not null) Release(entry);
    }

    private void Release(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.References > 0) return;
            if (_entries.TryGetValue(entry.Actor.Name, out var present) && ReferenceEquals(present, entry))
                _entries.TryRemove(entry.Actor.Name, out _);
        }
        lock (_gate)
        {
            entry.Released = true;
            CountOut(entry);
        }
        entry.Actor.End();
        _ = DetachAsync(entry);
    }

    private NamespaceReaders? SharedBy(string stream) =>
        _readers is { } readers && !HubNames.IsInternal(stream) && options.NamespaceOf(stream) is { } found ? readers[found.Index] : null;

    private async Task AttachAsync(Entry entry)
    {
        entry.Actor.Detached = entry;
        var attachment = await engine.Streams.AttachAsync(entry.Actor.Name, entry.Actor, CancellationToken.None).ConfigureAwait(false);
        entry.Attachment = attachment;
        entry.Actor.Attached(attachment);
        // The hub's own streams exist whenever they are needed; only names from outside are bounded.
        if (attachment.Exists || entry.Actor.Name[0] == '$') return;
        lock (_gate)
        {
            // Whoever asked may have given up while the engine was slow.
            if (entry.Released) return;
            entry.Placeholder = true;
            _placeholders++;
        }
    }

    // Most of those that were counted may exist by now: they are looked at only when it matters.
    private bool StillTooMany(Entry asking)
    {
        lock (_gate)
        {
            foreach (var entry in _entries.Values)
            {
                if (entry.Attachment is { Exists: true }) CountOut(entry);
            }
            return asking.Placeholder && _placeholders > options.MaxPlaceholders;
        }
    }

    private void CountOut(Entry entry)
    {
        if (!entry.Placeholder) return;
        entry.Placeholder = false;
        _placeholders--;
    }

    private async Task DetachAsync(Entry entry)
    {
        try
        {
            await entry.Attaching.ConfigureAwait(false);
            if (entry.Attachment is { } attachment) await attachment.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            fault(e, "detach of a stream");
        }
    }

    internal sealed class Entry(StreamActor actor)
    {
        internal StreamActor Actor { get; } = actor;

        internal IStreamAttachment? Attachment { get; set; }

        internal Task Attaching { get; set; } = Task.CompletedTask;

        internal int References { get; set; }

        internal bool Placeholder { get; set; }

        internal bool Released { get; set; }
    }
}
