namespace AkkaSse.Testing;

/// <summary>
/// Time that goes on only as far as this machine lets the tests run. Deadlines of tests count it: beside eight busy loops on two cores 30 s
/// of the wall clock are 6 s of work, and say nothing about what is tested. Hubs and failure detectors that run in a test's process take it
/// too, so that their own timeouts mean what they mean on a machine of their own. Thread-safe.
/// </summary>
/// <remarks>
/// A thread has a turn every 10 ms, by way of the thread pool, as everything that is waited for has. A turn adds the time since the one
/// before, at most 15 ms of it (a turn that comes late is one turn), and at most the share of the processors that one of the runnable
/// threads of the machine has. At least a <see cref="Slowest"/>th of the wall clock is added, so that every wait ends. Timestamps are those
/// of the last turn. The date is the system's.
/// </remarks>
public sealed class GrantedTime : TimeProvider
{
    /// <summary>
    /// How many times slower than the wall clock it may be: a deadline of 30 s ends after 8 minutes at the latest, before test.sh takes the
    /// test for one that hangs.
    /// </summary>
    public const int Slowest = 16;

    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(15);

    private readonly Lock _gate = new();
    private readonly List<GrantedTimer> _timers = [];
    private readonly RunnableThreads _runnable = new();
    private long _ticks;

    private GrantedTime() => new Thread(Run) { IsBackground = true, Name = nameof(GrantedTime) }.Start();

    /// <summary>The one of this process.</summary>
    public static GrantedTime Instance { get; } = new();

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new GrantedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>What a turn adds. Pure.</summary>
    /// <param name="elapsed">Ticks of the wall clock since the turn before.</param>
    /// <param name="whole">Whether the thread pool has taken the turn.</param>
    /// <param name="processors">Of the machine.</param>
    /// <param name="runnable">Threads of the machine that could run.</param>
    public static long Granted(long elapsed, bool whole, int processors, int runnable)
    {
        var share = Math.Min(1, (double)processors / Math.Max(1, runnable));
        return Math.Max(whole ? Math.Min(s_late.Ticks, (long)(elapsed * share)) : 0, elapsed / Slowest);
    }

    private void Run()
    {
        using var passed = new ManualResetEventSlim();
        var turn = new Turn(passed);
        var last = System.GetTimestamp();
        while (true)
        {
            Thread.Sleep(s_turn);
            passed.Reset();
            ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false);
            // A pool without a free thread is time that was not given either, down to the least.
            while (!passed.Wait(s_turn)) Add(ref last, whole: false);
            Add(ref last, whole: true);
        }
    }

    private void Add(ref long last, bool whole)
    {
        var now = System.GetTimestamp();
        var elapsed = System.GetElapsedTime(last, now).Ticks;
        last = now;
        var ticks = Interlocked.Add(ref _ticks, Granted(elapsed, whole, Environment.ProcessorCount, _runnable.Count()));
        lock (_gate)
        {
            // From the end: a timer that fires once takes itself out.
            for (var i = _timers.Count - 1; i >= 0; i--) _timers[i].FireIfDue(ticks);
        }
    }

    private sealed class Turn(ManualResetEventSlim passed) : IThreadPoolWorkItem
    {
        public void Execute() => passed.Set();
    }

    private sealed class GrantedTimer(GrantedTime owner, TimerCallback callback, object? state) : ITimer, IThreadPoolWorkItem
    {
        private long _due = long.MaxValue;
        private TimeSpan _period;
        private bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                if (_disposed) return false;
                owner._timers.Remove(this);
                _period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                _due = owner._ticks + dueTime.Ticks;
                owner._timers.Add(this);
                if (dueTime == TimeSpan.Zero) FireIfDue(_due);
                return true;
            }
        }

        public void FireIfDue(long ticks)
        {
            if (_due > ticks) return;
            if (_period == Timeout.InfiniteTimeSpan) owner._timers.Remove(this);
            else _due = ticks + _period.Ticks;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Execute()
        {
            lock (owner._gate)
            {
                if (_disposed) return;
            }
            callback(state);
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                _disposed = true;
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
