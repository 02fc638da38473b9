namespace AkkaSse.Cluster.Replication;

/// <summary>What a leader knows of one node's replica. Not thread-safe.</summary>
internal sealed class Peer(NodeId node, int window)
{
    // Last indexes of the batches on the way, oldest first.
    private readonly long[] _onTheWay = new long[window];
    private int _oldest;
    private long _rewoundAt;

    internal NodeId Node { get; } = node;

    /// <summary>The life that promised this leader's term; 0 until it did.</summary>
    internal long Incarnation { get; private set; }

    internal bool Promised => Incarnation != 0;

    internal Held? Held { get; private set; }

    /// <summary>What it still has of a log in which it has no vote.</summary>
    internal Held? UncleanCopy { get; private set; }

    /// <summary>What a log that begins anew could begin with.</summary>
    internal Held? Remains => Held is { Last: > 0 } ? Held : UncleanCopy;

    /// <summary>It is sent the log: a voter or a learner.</summary>
    internal bool IsActive { get; set; }

    /// <summary>It is to let its replica go.</summary>
    internal bool IsDropping { get; set; }

    /// <summary>It has everything up to here, under this term or on the way to it.</summary>
    internal long Reached { get; private set; }

    /// <summary>What it is sent next; 0 for a snapshot.</summary>
    internal long Next { get; private set; }

    /// <summary>What it has counts under this term.</summary>
    internal bool Stands { get; private set; }

    /// <summary>Acknowledged under this term up to here; below every index as long as it does not stand.</summary>
    internal long Match => Stands ? Reached : -1;

    /// <summary>Index of the snapshot on the way to it, or -1.</summary>
    internal long Installing { get; private set; } = -1;

    internal long CommitKnown { get; private set; }

    internal int BatchesOnTheWay { get; private set; }

    /// <summary>Repetitions since it last said anything.</summary>
    internal int Tries { get; set; }

    /// <summary>When to repeat.</summary>
    internal long NextTry { get; set; }

    internal void Promise(long incarnation, Held? held)
    {
        Incarnation = incarnation;
        if (held is { IsUnclean: true }) UncleanCopy = held;
        else Held = held;
        Tries = 0;
    }

    /// <summary>Forgets everything but the node: a new term, or another life.</summary>
    internal void Reset()
    {
        Incarnation = 0;
        Held = UncleanCopy = null;
        IsActive = IsDropping = Stands = false;
        Reached = Next = CommitKnown = 0;
        Installing = -1;
        BatchesOnTheWay = _oldest = Tries = 0;
        NextTry = 0;
        _rewoundAt = -1;
    }

    /// <summary>Its log goes on after this committed index.</summary>
    internal void GoOnAfter(long index)
    {
        Reached = index;
        Next = index + 1;
        _rewoundAt = -1;
    }

    internal void Sent(long last)
    {
        _onTheWay[(_oldest + BatchesOnTheWay) % _onTheWay.Length] = last;
        BatchesOnTheWay++;
        Next = last + 1;
    }

    internal void SentSnapshot(long index)
    {
        Installing = index;
        BatchesOnTheWay = 0;
        Next = index + 1;
    }

    internal void SnapshotFailed()
    {
        Installing = -1;
        if (Reached == 0) Next = 0;
    }

    internal void Acknowledged(Ack ack)
    {
        Tries = 0;
        Reached = Math.Max(Reached, ack.Index);
        Stands |= ack.Stands;
        CommitKnown = Math.Max(CommitKnown, ack.Commit);
        if (Installing >= 0 && ack.Index >= Installing) Installing = -1;
        while (BatchesOnTheWay > 0 && _onTheWay[_oldest] <= Reached)
        {
            _oldest = (_oldest + 1) % _onTheWay.Length;
            BatchesOnTheWay--;
        }
        Next = Math.Max(Next, Reached + 1);
        // One lost message makes a gap of all that follow it: what is missing is sent again once.
        if (!ack.Gap || Installing >= 0) return;
        if (ack.Index == 0 && !ack.Stands) BeginAgain();
        else if (_rewoundAt != Reached) Rewind();
    }

    /// <summary>What is on the way counts as lost.</summary>
    internal void Rewind()
    {
        _rewoundAt = Reached;
        BatchesOnTheWay = 0;
        if (Next > 0) Next = Reached + 1;
    }

    // It holds nothing that entries could follow.
    private void BeginAgain()
    {
        BatchesOnTheWay = 0;
        Next = 0;
    }
}
