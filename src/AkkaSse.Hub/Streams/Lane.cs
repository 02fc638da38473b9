using AkkaSse.Hub.Actors;

namespace AkkaSse.Hub.Streams;

/// <summary>
/// A part of a stream's readers, served one after the other. The readers of a large stream are split over lanes when cores allow.
/// </summary>
internal sealed class Lane(ActorCount count, Action<Exception, string> fault) : Actor(count)
{
    /// <summary>So many readers are served by one lane before another is opened: about 2 ms of work at 8 us each.</summary>
    internal const int Comfortable = 256;

    // So few readers are served on the publisher's own thread: their writes cost less than the hop to another one (about 5 us each).
    private const int Few = 2;

    private Cursor[] _readers = [];
    private int _count;
    private int _data;

    /// <summary>Readers given to this lane. Touched by the stream's turns only.</summary>
    internal int Assigned;

    internal void DataAvailable()
    {
        var readers = Volatile.Read(ref _count);
        if (readers == 0) return;
        Volatile.Write(ref _data, 1);
        if (readers <= Few) SignalInline();
        else Signal();
    }

    internal void End() => Post(new EndMail());

    protected override void OnMail(Mail mail)
    {
        switch (mail)
        {
            case AddMail add:
                if (_count == _readers.Length) Array.Resize(ref _readers, Math.Max(4, _count * 2));
                add.Cursor.LaneIndex = _count;
                _readers[_count] = add.Cursor;
                Volatile.Write(ref _count, _count + 1);
                // An append between the placing of the cursor and this moment told nobody.
                add.Cursor.Owner.Signal();
                break;
            case RemoveMail remove:
                var at = remove.Cursor.LaneIndex;
                if (at < 0) break;
                var last = _readers[_count - 1];
                _readers[at] = last;
                last.LaneIndex = at;
                _readers[_count - 1] = null!;
                remove.Cursor.LaneIndex = -1;
                Volatile.Write(ref _count, _count - 1);
                if (_count < _readers.Length / 4 && _readers.Length > 64) Array.Resize(ref _readers, _readers.Length / 2);
                break;
            case EndMail:
                Stop();
                break;
        }
    }

    protected override bool OnTurn()
    {
        // Joining and leaving come as turns too: without this 10 000 connects would each look at all readers.
        if (Interlocked.Exchange(ref _data, 0) == 0) return false;
        var readers = _readers;
        for (var i = 0; i < _count; i++) readers[i].Owner.SignalInline();
        return false;
    }

    protected override void OnFault(Exception e) => fault(e, "lane");

    internal sealed class AddMail(Cursor cursor) : Mail
    {
        internal Cursor Cursor { get; } = cursor;
    }

    internal sealed class RemoveMail(Cursor cursor) : Mail
    {
        internal Cursor Cursor { get; } = cursor;
    }

    private sealed class EndMail : Mail;
}
