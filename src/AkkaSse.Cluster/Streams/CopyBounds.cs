using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Cluster.Streams;

/// <summary>
/// Trims the copies of logs on a node until the bounds of bytes hold: in each namespace that is beyond its bound its own, then, while the
/// node is beyond its bound, those without a bound of their own, then all. Copies have half of each bound, what readers read the other.
/// </summary>
internal static class CopyBounds
{
    /// <summary>Trims; returns the bytes that are left.</summary>
    internal static long Apply(HubOptions options, IEnumerable<(string Name, StreamState State)> copies, long bytes)
    {
        var namespaces = options.ListNamespaces();
        var isBounded = namespaces.Any(static n => n.MaxLogBytes is not null);
        var max = options.MaxLogBytes / 2;
        if (bytes <= max && !isBounded) return bytes;
        // Callers must not be able to have the audit trimmed; its own options bound it.
        var byName = copies.ToLookup(static c => c.Name == HubNames.AuditStream);
        var (all, audit) = (byName[false].ToList(), byName[true].Sum(static c => c.State.Runs.Size));
        bytes -= audit;
        if (isBounded)
        {
            var byBound = all.ToLookup(
                c => options.NamespaceOf(c.Name) is { MaxLogBytes: not null } found ? found.Index : -1, static c => c.State);
            foreach (var own in namespaces)
            {
                StreamState[] states = [.. byBound[own.Index]];
                if (own.MaxLogBytes is { } most) bytes -= Shrink(states, states.Sum(static s => s.Runs.Size), most / 2);
            }
            bytes -= Shrink([.. byBound[-1]], bytes, max);
        }
        return audit + bytes - Shrink([.. all.Select(static c => c.State)], bytes, max);
    }

    // The largest gives half, until the bound holds or nothing is left. Returns what was given.
    private static long Shrink(StreamState[] copies, long bytes, long max)
    {
        if (bytes <= max) return 0;
        long given = 0;
        // A look at all copies for each that gives would take seconds of the actor's turn with 100 000 of them.
        var bySize = new PriorityQueue<StreamState, long>(copies.Select(static c => (c, -c.Runs.Size)));
        while (bytes - given > max && bySize.TryDequeue(out var largest, out var size))
        {
            if (!largest.Shrink()) break;
            given += -size - largest.Runs.Size;
            bySize.Enqueue(largest, -largest.Runs.Size);
        }
        return given;
    }
}
