using System.Collections.Frozen;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>What few connections ever need, in an object of its own: it would be 80 bytes of every idle one.</summary>
internal sealed class RareClientState
{
    internal static readonly IReadOnlyDictionary<string, StreamPosition> NoPositions = FrozenDictionary<string, StreamPosition>.Empty;

    internal SemaphoreSlim? Changes;
    internal ObserverRelay? Observed;

    /// <summary>When the connection has lived long enough, by the coarse clock.</summary>
    internal long Deadline = long.MaxValue;

    /// <summary>True until it is known where the connection starts: the head is out, and nothing is read.</summary>
    internal bool Waits;

    /// <summary>True for a connection that nobody finds by its id. Touched under the connection table's lock.</summary>
    internal bool IsUnnamed;

    internal ManagedSubscription? Managed;
    internal bool HasStoredChange;
    internal IReadOnlyDictionary<string, StreamPosition> FlushedPositions = NoPositions;

    /// <summary>Cursors of removed streams, which leave when what is queued is out.</summary>
    internal List<Cursor>? Leaving;

    /// <summary>What the end says about coming back.</summary>
    internal TimeSpan? EndRetry;

    /// <summary>Control events that go out before the next event.</summary>
    internal byte[]? Pending;

    /// <summary>What follows the rest of an event that was cut at the turn's end.</summary>
    internal byte[]? RestTail;

    /// <summary>The position that ids repeat while a gap is to be told.</summary>
    internal byte[]? Held;
}
