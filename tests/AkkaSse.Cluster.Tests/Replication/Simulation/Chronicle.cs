using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>What the simulation has seen committed and acknowledged: every breach of a promise throws.</summary>
internal sealed class Chronicle
{
    private readonly Dictionary<(Term, long), History> _roots = [];

    internal List<History> Histories { get; } = [];

    internal int Acknowledged { get; private set; }

    internal History? Latest => Histories.Count > 0 ? Histories[^1] : null;

    /// <summary>A log whose first entry is this; told when it is seen for the first time.</summary>
    internal History Begin(Entry first, bool byLeader, Func<VoterSet> begins)
    {
        var key = (first.Term, Identity(first));
        if (_roots.TryGetValue(key, out var known)) return known;
        if (!byLeader) throw new BreachException($"A replica applied {Text(first)} before any leader committed it.");
        var voters = begins();
        if (Latest is { } former) former.HasEnded = true;
        var history = new History(voters);
        _roots.Add(key, history);
        Histories.Add(history);
        return history;
    }

    internal void Acknowledge(History history, long index, long id)
    {
        if (history.Entries.Count < index || Identity(history.Entries[(int)index - 1]) != id) throw new BreachException($"Command {id} was acknowledged at {index}, which holds something else.");
        history.Acknowledged = Math.Max(history.Acknowledged, index);
        Acknowledged++;
    }

    internal static long Identity(Entry entry) => entry.Command switch
    {
        Note note => note.Id,
        VoterChange change => -change.Voters.Version,
        _ => throw new BreachException($"{entry.Command.GetType()} does not belong into this log."),
    };

    internal static string Text(Entry entry) => $"entry {entry.Index} of {entry.Term} ({(entry.Command is VoterChange change ? change.Voters.ToString() : Identity(entry).ToString(System.Globalization.CultureInfo.InvariantCulture))})";

    /// <summary>One log from its beginning: what is committed at an index, for ever.</summary>
    internal sealed class History(VoterSet firstVoters)
    {
        private readonly HashSet<long> _notes = [];

        internal List<Entry> Entries { get; } = [];

        internal long Acknowledged { get; set; }

        /// <summary>Its voters were lost and another log has taken its place.</summary>
        internal bool HasEnded { get; set; }

        internal void Apply(Entry entry, bool byLeader)
        {
            if (entry.Index <= Entries.Count)
            {
                var known = Entries[(int)entry.Index - 1];
                if (known.Term != entry.Term || Identity(known) != Identity(entry)) throw new BreachException($"Index {entry.Index} has two contents: {Text(known)} and {Text(entry)}.");
                return;
            }
            if (entry.Index != Entries.Count + 1) throw new BreachException($"{Text(entry)} was applied when only {Entries.Count} were committed.");
            if (!byLeader) throw new BreachException($"A replica applied {Text(entry)} before any leader committed it.");
            if (entry.Command is Note note && !_notes.Add(note.Id)) throw new BreachException($"Command {note.Id} is in the log twice.");
            if (HasEnded) throw new BreachException($"{Text(entry)} was committed to a log that another one has replaced.");
            Entries.Add(entry);
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
