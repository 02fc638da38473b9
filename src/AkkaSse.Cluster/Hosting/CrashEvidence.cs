using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;

namespace AkkaSse.Cluster.Hosting;

/// <summary>
/// Addresses at which no process listens any more, as this ActorSystem has found by <see cref="PortProbe"/>: a silent network does not
/// refuse connections, a host whose process has ended does. Thread-safe.
/// </summary>
internal sealed class CrashEvidence
{
    // Failure detectors are made by Akka.NET by reflection, and are given nothing of an ActorSystem but its event stream.
    private static readonly ConditionalWeakTable<EventStream, CrashEvidence> s_all = [];

    private readonly ConcurrentDictionary<string, bool> _crashed = new(StringComparer.Ordinal);

    /// <summary>The evidence of the ActorSystem with this event stream.</summary>
    internal static CrashEvidence Of(EventStream events) => s_all.GetValue(events, static _ => new CrashEvidence());

    internal bool Has(string? address) => address is not null && !_crashed.IsEmpty && _crashed.ContainsKey(address);

    internal void Add(Address address) => _crashed[address.ToString()] = true;

    /// <summary>Something listens there again, or the member is gone.</summary>
    internal void Remove(Address address) => _crashed.TryRemove(address.ToString(), out _);
}
