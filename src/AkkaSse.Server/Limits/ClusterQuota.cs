using System.Buffers.Binary;
using System.Collections.Concurrent;
using AkkaSse.AspNetCore;

namespace AkkaSse.Server.Limits;

/// <summary>
/// What each subject may publish on all nodes together (<see cref="LimitSettings.ClusterPublishes"/>): this node counts what it allows, and
/// charges besides what the others say that they have allowed (<see cref="ClusterExchange"/>). Thread-safe.
/// </summary>
internal sealed class ClusterQuota(LimitSettings limits, TimeProvider time)
{
    /// <summary>Subjects of one report, those that were active last: a value of the engine has 64 KiB.</summary>
    internal const int MaxSubjects = 2_500;

    // Of one other node; beyond it only those of its last report are known.
    private const int MaxTotals = 4 * MaxSubjects;

    // Nodes of another form leave it unread.
    private const byte Form = 1;
    private const int EntryBytes = 24;

    // A subject that comes again after that counts from 0.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    private readonly LimitScope<SubjectKey> _scope = new("The subject", LimitSettings.Section,
        new LimitAmounts(0, limits.ClusterPublishes!.Value, 0), limits.Burst, time,
        nameof(LimitSettings.ClusterPublishes));

    private readonly long _atOnce = (long)(limits.ClusterPublishes!.Value * limits.Burst.TotalSeconds);
    private readonly ConcurrentDictionary<string, Tally> _tallies = new();

    internal HubQuotaAnswer Take(string subject, in LimitAmounts ask)
    {
        var now = time.GetTimestamp();
        if (!_tallies.TryGetValue(subject, out var tally))
            tally = _tallies.GetOrAdd(subject, static (s, now) => new Tally(SubjectKey.Of(s), now), now);
        var answer = _scope.Take(tally.Key, ask);
        if (!answer.IsRefused) tally.Add((long)ask.Events, now);
        return answer;
    }

    internal void Sweep()
    {
        _scope.Sweep();
        var now = time.GetTimestamp();
        foreach (var (subject, tally) in _tallies)
        {
            if (time.GetElapsedTime(tally.At, now) > Idle) _tallies.TryRemove(KeyValuePair.Create(subject, tally));
        }
    }

    /// <summary>What this node has allowed to each subject since it came.</summary>
    internal byte[] Report()
    {
        var tallies = _tallies.Values.OrderByDescending(static t => t.At).Take(MaxSubjects).ToList();
        var bytes = new byte[1 + (tallies.Count * EntryBytes)];
        bytes[0] = Form;
        var rest = bytes.AsSpan(1);
        foreach (var tally in tallies)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, tally.Key.First);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], tally.Key.Second);
            BinaryPrimitives.WriteInt64LittleEndian(rest[16..], tally.Events);
            rest = rest[EntryBytes..];
        }
        return bytes;
    }

    /// <summary>Charges what another node has allowed since its last report.</summary>
    /// <param name="report">What <see cref="Report"/> is there; empty for none.</param>
    /// <param name="before">The totals that this returned for its last one; null for the first one.</param>
    /// <returns>Its totals, those too that stood in an earlier report only: a subject may come back into a report.</returns>
    internal Dictionary<SubjectKey, long> Charge(ReadOnlySpan<byte> report, Dictionary<SubjectKey, long>? before)
    {
        if (report.Length % EntryBytes != 1 || report[0] != Form) return before ?? [];
        var said = before is null || before.Count > MaxTotals ? [] : new Dictionary<SubjectKey, long>(before);
        for (var rest = report[1..]; rest.Length > 0; rest = rest[EntryBytes..])
        {
            var key = new SubjectKey(BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt64LittleEndian(rest[8..]));
            var events = said[key] = BinaryPrimitives.ReadInt64LittleEndian(rest[16..]);
            // Without an earlier total nobody knows when this was counted: no more than keeps a subject out for a burst.
            events = before is not null && before.TryGetValue(key, out var last) && last <= events
                ? events - last
                : Math.Min(events, _atOnce);
            if (events > 0) _scope.Charge(key, new LimitAmounts(0, events, 0));
        }
        return said;
    }

    private sealed class Tally(SubjectKey key, long now)
    {
        private long _events, _at = now;

        public SubjectKey Key { get; } = key;

        public long Events => Interlocked.Read(ref _events);

        public long At => Interlocked.Read(ref _at);

        public void Add(long events, long at)
        {
            Interlocked.Exchange(ref _at, at);
            Interlocked.Add(ref _events, events);
        }
    }
}
