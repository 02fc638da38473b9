using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Streams;

/// <summary>Counts the readers of a namespace on this node against its limit. Thread-safe.</summary>
internal sealed class NamespaceReaders(string prefix, int max)
{
    private int _count;

    internal string Prefix => prefix;

    /// <summary>Counters by <see cref="StreamNamespace.Index"/>, null where there is no limit; null when there is none at all.</summary>
    internal static NamespaceReaders?[]? Of(HubOptions options)
    {
        var all = options.ListNamespaces();
        return all.Any(static n => n.MaxReaders is not null)
            ? [.. all.Select(static n => n.MaxReaders is { } max ? new NamespaceReaders(n.Prefix, max) : null)]
            : null;
    }

    /// <summary>Counts a reader in, unless the namespace has as many as it may.</summary>
    internal bool TryAdmit()
    {
        while (true)
        {
            var readers = Volatile.Read(ref _count);
            if (readers >= max) return false;
            if (Interlocked.CompareExchange(ref _count, readers + 1, readers) == readers) return true;
        }
    }

    internal void Discharge() => Interlocked.Decrement(ref _count);
}
