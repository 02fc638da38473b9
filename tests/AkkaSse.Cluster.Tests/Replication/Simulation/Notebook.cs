using AkkaSse.Cluster.Replication;

namespace AkkaSse.Cluster.Tests.Replication.Simulation;

/// <summary>The replicated state: every command that was applied. Asks the chronicle before it believes anything.</summary>
internal sealed class Notebook(Notebooks maker) : IReplicatedState
{
    private HashSet<long> _notes = [];

    internal long Count { get; private set; }

    /// <summary>How many of them, the last ones, were only kept and perhaps never committed.</summary>
    internal long Doubtful { get; private set; }

    internal Chronicle.History? History { get; private set; }

    internal bool Has(long note) => _notes.Contains(note);

    /// <summary>Of the committed entries of its log, the first that is missing; null when it has all up to there.</summary>
    internal Entry? Missing(long upTo)
    {
        for (var i = 0; i < upTo; i++)
        {
            if (i >= Count || (History!.Entries[i].Command is Note note && !_notes.Contains(note.Id))) return History!.Entries[i];
        }
        return null;
    }

    public void Apply(Entry entry)
    {
        if (entry.Index != Count + 1) throw new BreachException($"{Chronicle.Text(entry)} was applied after {Count}.");
        if (maker.IsRecoveringUncleanly())
        {
            // Whether it was ever committed is not known.
            if (entry.Command is Note kept) _notes.Add(kept.Id);
            Count++;
            Doubtful++;
            return;
        }
        if (maker.BeforeCommit is { } check) check(entry);
        History ??= maker.Chronicle.Begin(entry, maker.Leader(), maker.Begins);
        History.Apply(entry, maker.Leader());
        if (entry.Command is Note note) _notes.Add(note.Id);
        Count++;
    }

    public object Snapshot() => new Page(History, [.. _notes], Count);

    internal static Notebook Restore(Notebooks maker, Page page) =>
        new(maker) { History = page.History, _notes = [.. page.Notes], Count = page.Count };

    internal sealed record Page(Chronicle.History? History, HashSet<long> Notes, long Count);
}

/// <summary>Makes the notebooks of one owner.</summary>
internal sealed class Notebooks(Chronicle chronicle) : IReplicatedStates<Notebook>
{
    internal Chronicle Chronicle { get; } = chronicle;

    /// <summary>Only leaders decide what is committed; set for them.</summary>
    internal Action<Entry>? BeforeCommit { get; init; }

    /// <summary>Asked for the first voters when a log begins.</summary>
    internal Func<VoterSet> Begins { get; init; } = static () => throw new BreachException("A replica began a log.");

    /// <summary>The term of the leader they belong to; null for a replica's.</summary>
    internal Func<Term?> Leader { get; init; } = static () => null;

    /// <summary>Whether a leader only reads what is left of a log.</summary>
    internal Func<bool> IsRecoveringUncleanly { get; init; } = static () => false;

    public Notebook Create() => new(this);

    public Notebook Restore(object snapshot) => Notebook.Restore(this, (Notebook.Page)snapshot);
}
