namespace AkkaSse.Cluster.Streams;

/// <summary>What happens after a commit: deliveries, then answers.</summary>
internal sealed partial class StreamOwner
{
    private readonly List<EventRun> _segments = [];

    private void Publish(long index)
    {
        var meta = false;
        var removed = false;
        var bytes = 0;
        StreamHeader? header = null;
        while (_turns.TryPeek(out var turn) && turn.Index <= index)
        {
            _turns.Dequeue();
            foreach (var segment in turn.Segments)
            {
                if (bytes > 0 && bytes + segment.Blob.Length > StreamContext.MessageBytes)
                {
                    Deliver(null, removed: false);
                    bytes = 0;
                }
                _segments.Add(segment);
                bytes += segment.Blob.Length;
            }
            meta |= turn.IsMeta;
            removed |= turn.WasRemoved;
            if (turn.IsMeta)
            {
                header = State.Header;
                // Before anybody hears of it: lists and limits on this node are as new as the answer.
                _context.Census.SetLed(Name, header);
            }
            if (turn.Followers.Count > 0 || turn.Questions.Count > 0)
            {
                // Whoever is told where the stream stands has got everything up to there.
                Deliver(meta ? header : null, removed);
                (meta, removed, bytes) = (false, false, 0);
            }
            Answer(turn);
        }
        if (_segments.Count > 0 || meta) Deliver(meta ? header : null, removed);
    }

    private void Answer(Turn turn)
    {
        foreach (var node in turn.Followers)
        {
            if (!_sessions.TryGetValue(node, out var session)) continue;
            session.Follows = true;
            session.IsBehind = false;
            Tell(node, new Welcome(Leader.Term.Number, Follows: true, State.Header));
        }
        foreach (var (to, answer) in turn.Answers) Tell(to, answer);
        turn.Spans?.ForEach(OwnerTracing.End);
        foreach (var (to, question, status, error) in turn.Questions) Tell(to, Answer(question, status, error));
    }

    private StreamAnswer Answer(StreamQuestion question, byte status, string? error)
    {
        if (question.Ask != StreamAsk.Read) return new StreamAnswer(question.Id, status) { Header = State.Header, Error = error };
        var now = _context.Now;
        var (result, runs, more) = StreamReads.Read(State, question.Text, question.From, question.Limit, StreamContext.MessageBytes, now);
        return new StreamAnswer(question.Id, (byte)result) { Header = State.Header, Runs = runs, More = more, Number = now };
    }

    private void Deliver(StreamHeader? header, bool removed)
    {
        if (_segments.Count == 0 && header is null) return;
        Delivery? whole = null;
        Delivery? moved = null;
        foreach (var (node, session) in _sessions)
        {
            if (!session.Follows) continue;
            whole ??= Make([.. _segments], header, removed);
            if (!session.IsBehind && _context.Lines.TrySend(node, whole.Size))
            {
                Tell(node, whole);
                continue;
            }
            // Once: it reads then, and its last page says that it has caught up. What readers must hear of is told in any case.
            if (!session.IsBehind || header is not null) Tell(node, moved ??= Make([], header, removed));
            session.IsBehind = true;
        }
        _segments.Clear();
    }

    private Delivery Make(EventRun[] segments, StreamHeader? header, bool removed) =>
        new(State.Epoch, State.First, State.LostThrough, segments, header)
    {
        // The state may be ahead of what is sent now.
        Head = segments.Length == 0 ? State.Head : (segments[^1].Flags & RunFlags.Transient) != 0 ? segments[^1].First : segments[^1].Last,
        WasRemoved = removed,
    };
}
