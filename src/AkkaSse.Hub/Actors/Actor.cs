using System.Diagnostics;

namespace AkkaSse.Hub.Actors;

/// <summary>A message to an actor: a link of its mailbox, so that an empty mailbox costs one null reference.</summary>
internal abstract class Mail
{
    internal Mail? Next;
}

/// <summary>
/// One thing that happens at a time. An actor has a mailbox for messages and one coalescing bit for "something changed, look":
/// any number of signals while it is busy become one further turn.
/// </summary>
/// <remarks>
/// A turn runs on the thread pool (<see cref="Signal"/>) or on the caller's thread when the actor is idle (<see cref="SignalInline"/>);
/// never two at once. Nothing in a turn may block: turns run on socket threads. A fault is given to <see cref="OnFault"/> and the actor
/// goes on unless that stops it.
/// </remarks>
internal abstract class Actor : IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Busy = 1;
    private const int Again = 2;
    private const int Ended = 3;

    // A turn that was signalled meanwhile is repeated at once so many times (it saves the hop through the pool, about 5 us of CPU);
    // then others get the thread.
    private const int RepeatsInline = 4;

    private readonly ActorCount _count;
    private int _state;
    private bool _stop;
    private Mail? _mail;

    protected Actor(ActorCount count)
    {
        _count = count;
        count.Started();
    }

    /// <summary>True once the actor has stopped; it takes no more turns.</summary>
    internal bool IsStopped => Volatile.Read(ref _state) == Ended;

    /// <summary>Asks for a turn on the thread pool.</summary>
    internal void Signal()
    {
        if (TryEnter()) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Takes a turn on this thread when the actor is idle, else asks the one that is running it for another.</summary>
    internal void SignalInline()
    {
        if (TryEnter()) Run();
    }

    /// <summary>Puts a message into the mailbox. After the stop it goes to <see cref="OnUndelivered"/>.</summary>
    internal void Post(Mail mail, bool inline = false)
    {
        var head = Volatile.Read(ref _mail);
        while (true)
        {
            mail.Next = head;
            var seen = Interlocked.CompareExchange(ref _mail, mail, head);
            if (ReferenceEquals(seen, head)) break;
            head = seen;
        }
        if (inline) SignalInline();
        else Signal();
        if (IsStopped) ReturnMail();
    }

    void IThreadPoolWorkItem.Execute() => Run();

    /// <summary>Handles one message.</summary>
    protected abstract void OnMail(Mail mail);

    /// <summary>Looks at everything that may have changed. True asks for another turn through the pool.</summary>
    protected abstract bool OnTurn();

    /// <summary>A message or a turn threw.</summary>
    protected abstract void OnFault(Exception fault);

    /// <summary>A message that arrived at or after the stop.</summary>
    protected virtual void OnUndelivered(Mail mail)
    {
    }

    /// <summary>From inside a turn or a message: this was the last one.</summary>
    protected void Stop() => _stop = true;

    private bool TryEnter()
    {
        // Every path is a full fence: what the caller wrote before must be visible to the turn that this signal relies on.
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, Busy, Idle))
            {
                case Idle:
                    return true;
                case Busy:
                    if (Interlocked.CompareExchange(ref _state, Again, Busy) == Busy) return false;
                    break;
                default:
                    return false;
            }
        }
    }

    private void Run()
    {
        for (var repeats = 0; ; repeats++)
        {
            var more = false;
            TakeMail();
            if (!_stop)
            {
                try
                {
                    more = OnTurn();
                }
                catch (Exception fault)
                {
                    OnFault(fault);
                }
            }
            if (_stop)
            {
                Interlocked.Exchange(ref _state, Ended);
                ReturnMail();
                _count.Ended();
                return;
            }
            if (more)
            {
                Interlocked.Exchange(ref _state, Busy);
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
            if (Interlocked.CompareExchange(ref _state, Idle, Busy) == Busy) return;
            var was = Interlocked.Exchange(ref _state, Busy);
            Debug.Assert(was == Again);
            if (repeats >= RepeatsInline)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
        }
    }

    private void TakeMail()
    {
        if (Volatile.Read(ref _mail) is null) return;
        for (var mail = TakeAll(); mail is not null;)
        {
            var next = mail.Next;
            mail.Next = null;
            try
            {
                if (_stop) OnUndelivered(mail);
                else OnMail(mail);
            }
            catch (Exception fault)
            {
                OnFault(fault);
            }
            mail = next;
        }
    }

    private void ReturnMail()
    {
        for (var mail = TakeAll(); mail is not null;)
        {
            var next = mail.Next;
            mail.Next = null;
            OnUndelivered(mail);
            mail = next;
        }
    }

    private Mail? TakeAll()
    {
        var newest = Interlocked.Exchange(ref _mail, null);
        Mail? oldest = null;
        while (newest is not null)
        {
            var next = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = next;
        }
        return oldest;
    }
}

/// <summary>How many actors live: what "leaves nothing behind" counts.</summary>
internal sealed class ActorCount
{
    private int _live;

    internal int Live => Volatile.Read(ref _live);

    internal void Started() => Interlocked.Increment(ref _live);

    internal void Ended() => Interlocked.Decrement(ref _live);
}
