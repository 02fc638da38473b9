using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Diagnostics;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// One stream on this node: its log here and the readers it has here, spread over lanes. "New data" goes straight to the lanes as one
/// coalescing bit; joining, leaving and removal come through the mailbox.
/// </summary>
internal sealed class StreamActor : Actor, IStreamSink
{
    private readonly ActorCount _count;
    private readonly Action<Exception, string> _fault;
    private readonly HashSet<Cursor> _readers = [];
    private Lane[] _lanes;
    private int _readerCount;
    private IStreamAttachment? _attachment;
    private bool _removed;
    private ulong _tokenHash;

    internal StreamActor(
        string name, ActorCount count, Action<Exception, string> fault, NamespaceReaders? shared = null, NamespaceCounters? counters = null)
        : base(count)
    {
        Name = name;
        Shared = shared;
        Counters = counters;
        _count = count;
        _fault = fault;
        _lanes = [new Lane(count, fault)];
    }

    internal string Name { get; }

    /// <summary>The name's place in a cursor token; computed once, not per connection.</summary>
    internal ulong TokenHash => _tokenHash != 0 ? _tokenHash : _tokenHash = CursorToken.HashOf(Name);

    internal StreamLog Log { get; private set; } = null!;

    /// <summary>Whether the stream exists now, as the engine has told this node.</summary>
    internal bool Exists => _attachment!.Exists;

    /// <summary>The hold on a stream whose log is elsewhere; null when the log here is the log itself.</summary>
    internal IRemoteAttachment? Remote { get; private set; }

    /// <summary>The table's own record of this actor, which outlives its place in the table when the stream was removed.</summary>
    internal StreamTable.Entry? Detached { get; set; }

    /// <summary>Readers that are joined or about to be; counted at admission, so that limits hold under concurrency.</summary>
    internal int Readers => Volatile.Read(ref _readerCount);

    /// <summary>What the readers of its namespace are counted in; null without a limit.</summary>
    internal NamespaceReaders? Shared { get; }

    /// <summary>What the deliveries of its namespace are counted in; null when it is in none.</summary>
    internal NamespaceCounters? Counters { get; }

    internal bool IsRemoved => Volatile.Read(ref _removed);

    /// <inheritdoc/>
    public void OnChanged()
    {
        foreach (var lane in Volatile.Read(ref _lanes)) lane.DataAvailable();
    }

    /// <inheritdoc/>
    public void OnRemoved()
    {
        Volatile.Write(ref _removed, true);
        Post(new RemovedMail());
    }

    /// <summary>The stream is attached.</summary>
    internal void Attached(IStreamAttachment attachment)
    {
        var log = attachment.Log;
        _attachment = attachment;
        Remote = attachment as IRemoteAttachment;
        Log = log;
        log.GateChanged = () => Post(new GateMail());
    }

    /// <summary>Counts a reader in, unless the stream has as many as it may. Its namespace is asked before.</summary>
    internal bool TryAdmit(int? max)
    {
        while (true)
        {
            var readers = Volatile.Read(ref _readerCount);
            if (readers >= max) return false;
            if (Interlocked.CompareExchange(ref _readerCount, readers + 1, readers) == readers) return true;
        }
    }

    internal void Discharge()
    {
        Interlocked.Decrement(ref _readerCount);
        Shared?.Discharge();
    }

    internal void Join(Cursor cursor)
    {
        // An append must wait for a reader from the moment its position is fixed.
        Log.Gate?.Add(cursor);
        Post(new JoinMail(cursor), inline: true);
    }

    internal void Leave(Cursor cursor)
    {
        Discharge();
        Log.Gate?.Remove(cursor);
        Post(new LeaveMail(cursor), inline: true);
    }

    internal void GateProgressed() => Signal();

    /// <summary>The last reader has left and the stream is detached.</summary>
    internal void End() => Post(new EndMail());

    protected override void OnMail(Mail mail)
    {
        switch (mail)
        {
            case JoinMail join:
                _readers.Add(join.Cursor);
                var lane = LaneFor(_readers.Count);
                join.Cursor.Lane = lane;
                lane.Post(new Lane.AddMail(join.Cursor), inline: true);
                if (_removed) ((IStreamReader)join.Cursor.Owner).OnStreamRemoved(join.Cursor);
                break;
            case LeaveMail leave:
                if (!_readers.Remove(leave.Cursor)) break;
                leave.Cursor.Lane!.Assigned--;
                leave.Cursor.Lane.Post(new Lane.RemoveMail(leave.Cursor), inline: true);
                break;
            case GateMail:
                foreach (var reader in _readers) Log.Gate?.Add(reader);
                break;
            case RemovedMail:
                foreach (var reader in _readers) ((IStreamReader)reader.Owner).OnStreamRemoved(reader);
                break;
            case EndMail:
                foreach (var l in _lanes) l.End();
                Stop();
                break;
        }
    }

    protected override bool OnTurn()
    {
        if (Log.Gate is { HasWaiters: true } gate) gate.Progressed();
        return false;
    }

    protected override void OnFault(Exception fault) => _fault(fault, Name);

    private Lane LaneFor(int readers)
    {
        var lanes = _lanes;
        if (readers > lanes.Length * Lane.Comfortable && lanes.Length < Environment.ProcessorCount)
        {
            lanes = [.. lanes, new Lane(_count, _fault)];
            Volatile.Write(ref _lanes, lanes);
        }
        var best = lanes[0];
        foreach (var lane in lanes)
        {
            if (lane.Assigned < best.Assigned) best = lane;
        }
        best.Assigned++;
        return best;
    }

    private sealed class JoinMail(Cursor cursor) : Mail
    {
        internal Cursor Cursor { get; } = cursor;
    }

    private sealed class LeaveMail(Cursor cursor) : Mail
    {
        internal Cursor Cursor { get; } = cursor;
    }

    private sealed class RemovedMail : Mail;

    private sealed class EndMail : Mail;

    private sealed class GateMail : Mail;
}
