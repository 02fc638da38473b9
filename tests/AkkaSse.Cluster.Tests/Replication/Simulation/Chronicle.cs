using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>What the simulation has seen committed and acknowledged: every breach of a promise throws.</summary>
internal sealed class Chronicle
{
    private readonly Dictionary<(Term, long), History> _roots = [];

    internal List<History> Histories { get; } = [];

    internal Checks Checks { get; } = new();

    internal int Acknowledged { get; private set; }

    internal History? Latest => Histories.Count > 0 ? Histories[^1] : null;

    /// <summary>A log whose first entry is this; told when it is seen for the first time.</summary>
    internal History Begin(Entry first, Term? leader, Func<VoterSet> begins)
    {
        var key = (first.Term, Identity(first));
        if (_roots.TryGetValue(key, out var known)) return known;
        if (leader is null) throw new BreachException($"A replica applied {Text(first)} before any leader committed it.");
        var voters = begins();
        if (Latest is { } former)
        {
            former.HasEnded = true;
            Checks.Replaced++;
        }
        var history = new History(Histories.Count, voters, Checks);
        _roots.Add(key, history);
        Histories.Add(history);
        return history;
    }

    /// <summary>
    /// What an answer to a command proposed now must come after: reads that are answered by a command of their own see everything that was
    /// acknowledged before they began.
    /// </summary>
    internal (History? Log, long Index) Floor => (Latest, Latest?.Acknowledged ?? 0);

    internal void Acknowledge(History history, long index, long id, (History? Log, long Index) floor)
    {
        if (floor.Log is { } before && (history.Number < before.Number || (history == before && index <= floor.Index)))
            throw new BreachException(
                $"Command {id} was acknowledged at {index} of log {history.Number}; it began when " +
                $"{floor.Index} of log {before.Number} was.");
        if (history.Entries.Count < index || Identity(history.Entries[(int)index - 1]) != id)
            throw new BreachException($"Command {id} was acknowledged at {index}, which holds something else.");
        history.Acknowledged = Math.Max(history.Acknowledged, index);
        Acknowledged++;
        Checks.Acknowledged++;
    }

    internal static long Identity(Entry entry) => entry.Command switch
    {
        Note note => note.Id,
        VoterChange change => -change.Voters.Version,
        _ => throw new BreachException($"{entry.Command.GetType()} does not belong into this log."),
    };

    internal static string Text(Entry entry) =>
        $"entry {entry.Index} of {entry.Term} (" +
        (entry.Command is VoterChange change
            ? change.Voters.ToString()
            : Identity(entry).ToString(System.Globalization.CultureInfo.InvariantCulture)) + ")";

    /// <summary>One log from its beginning: what is committed at an index, for ever.</summary>
    internal sealed class History(int number, VoterSet firstVoters, Checks checks)
    {
        private readonly List<Term> _by = [];
        private readonly List<(Term Term, long Index)> _recoveries = [];
        private readonly HashSet<long> _notes = [];

        internal int Number { get; } = number;

        internal List<Entry> Entries { get; } = [];

        internal long Acknowledged { get; set; }

        /// <summary>Its voters were lost and another log has taken its place.</summary>
        internal bool HasEnded { get; set; }

        /// <summary>Too few of its voters may be left to save it.</summary>
        internal bool MayBeLost { get; set; }

        internal void Recovered(Term term, long index) => _recoveries.Add((term, index));

        /// <summary>The first entry after an index that a leader of a lower term committed.</summary>
        internal Entry? FirstMissing(long after, Term term)
        {
            for (var i = (int)after; i < Entries.Count; i++)
            {
                if (_by[i] < term) return Entries[i];
            }
            return null;
        }

        internal void Apply(Entry entry, Term? leader)
        {
            if (entry.Index <= Entries.Count)
            {
                checks.SameContent++;
                var known = Entries[(int)entry.Index - 1];
                if (known.Term != entry.Term || Identity(known) != Identity(entry))
                    throw new BreachException($"Index {entry.Index} has two contents: {Text(known)} and {Text(entry)}.");
                return;
            }
            if (entry.Index != Entries.Count + 1)
                throw new BreachException($"{Text(entry)} was applied when only {Entries.Count} were committed.");
            if (leader is not { } by) throw new BreachException($"A replica applied {Text(entry)} before any leader committed it.");
            foreach (var recovery in _recoveries)
            {
                if (recovery.Term != by) checks.Rivals++;
                if (recovery.Term > by && recovery.Index < entry.Index)
                    throw new BreachException(
                        $"{by} committed {Text(entry)} after {recovery.Term} had recovered {recovery.Index} entries.");
            }
            if (entry.Command is Note note && !_notes.Add(note.Id)) throw new BreachException($"Command {note.Id} is in the log twice.");
            if (HasEnded) throw new BreachException($"{Text(entry)} was committed to a log that another one has replaced.");
            Entries.Add(entry);
            _by.Add(by);
            MayBeLost = false;
        }

        /// <summary>Who votes at the end of what is committed.</summary>
        internal VoterSet Voters()
        {
            for (var i = Entries.Count - 1; i >= 0; i--)
            {
                if (Entries[i].Command is VoterChange change) return change.Voters;
            }
            return firstVoters;
        }
    }
}

/// <summary>The protocol broke a promise.</summary>
internal sealed class BreachException(string message) : Exception(message);
