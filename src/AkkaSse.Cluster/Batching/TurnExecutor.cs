using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace AkkaSse.Cluster.Batching;

/// <summary>
/// Runs the actors that publishes pass, and those of Akka.NET's remoting, one after the other on one thread of the pool, as long as that is
/// enough. On a thread each of them wakes the next: a replicated publish was 27 context switches and 60 % of its processor time went into
/// them. When nothing waits any more, or after <see cref="MostRuns"/>, the turn ends, and what was said to <see cref="AtEndOfTurn"/> is
/// called. Thread-safe.
/// </summary>
internal sealed class TurnExecutor : ExecutorService, IThreadPoolWorkItem
{
    // So long the messages of a turn wait at most, beside what one actor does at once: some 0.3 ms.
    private const int MostRuns = 64;

    // A thread is given back to the pool after so many milliseconds, if only to be taken again: on a machine with one core there is no
    // other one.
    private const long LongestStay = 2;

    // One more thread for each so many actors that wait.
    private const int WaitingPerThread = 32;

    // Nothing may block in these actors. If one does, the others go on after so many milliseconds.
    private const long BlockedAfter = 2;

    // Executors are made by Akka.NET by reflection, and are given nothing of an ActorSystem but its event stream.
    private static readonly ConditionalWeakTable<EventStream, TurnExecutor> s_all = [];

    private static readonly int s_mostThreads = Math.Max(4, 2 * Environment.ProcessorCount);

    [ThreadStatic]
    private static bool t_isInTurn;

    private readonly ConcurrentQueue<IRunnable> _waiting = new();
    private readonly EndOfTurn _end = new();
    private Action[] _atEnd = [];
    private int _threads;
    private long _ranAt;

    private TurnExecutor()
        : base("akkasse-turns")
    {
    }

    /// <summary>Whether this thread is in a turn: its end follows.</summary>
    internal static bool IsInTurn => t_isInTurn;

    /// <summary>The executor of the ActorSystem with this event stream.</summary>
    internal static TurnExecutor Of(EventStream events) => s_all.GetValue(events, static _ => new TurnExecutor());

    /// <summary>
    /// Calls this when a turn ends, on the thread that ends it, after all that was said before. Turns of several threads end side by side.
    /// </summary>
    internal void AtEndOfTurn(Action call)
    {
        Action[] before;
        do before = _atEnd;
        while (Interlocked.CompareExchange(ref _atEnd, [.. before, call], before) != before);
    }

    /// <summary>For messages that another thread sends: a turn ends soon.</summary>
    internal void EndTurnSoon() => Execute(_end);

    public override void Execute(IRunnable run)
    {
        _waiting.Enqueue(run);
        Start();
    }

    /// <summary>Several dispatchers have this executor: it ends with the ActorSystem.</summary>
    public override void Shutdown()
    {
    }

    void IThreadPoolWorkItem.Execute()
    {
        t_isInTurn = true;
        var begunAt = Environment.TickCount64;
        do Turn();
        while (!_waiting.IsEmpty && Environment.TickCount64 - begunAt < LongestStay);
        t_isInTurn = false;
        if (!_waiting.IsEmpty)
        {
            // Behind what else the pool has to do.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
        Interlocked.Decrement(ref _threads);
        // Whoever came meanwhile may have counted on this thread.
        if (!_waiting.IsEmpty) Start();
    }

    private void Turn()
    {
        var runs = 0;
        while (runs++ < MostRuns && _waiting.TryDequeue(out var run))
        {
            Volatile.Write(ref _ranAt, Environment.TickCount64);
            run.Run();
        }
        // Remoting works in turns too: what it gets here it sends in the next one.
        foreach (var call in Volatile.Read(ref _atEnd)) call();
    }

    private void Start()
    {
        var threads = Volatile.Read(ref _threads);
        if (threads > 0 && (threads >= s_mostThreads || !IsBehind(threads))) return;
        if (Interlocked.CompareExchange(ref _threads, threads + 1, threads) != threads) return;
        Volatile.Write(ref _ranAt, Environment.TickCount64);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool IsBehind(int threads) =>
        _waiting.Count > threads * WaitingPerThread || Environment.TickCount64 - Volatile.Read(ref _ranAt) > BlockedAfter;

    private sealed class EndOfTurn : IRunnable
    {
        public void Run()
        {
        }

        public void Execute() => Run();
    }
}

/// <summary>Named in HOCON as the executor of dispatchers; made by Akka.NET by reflection.</summary>
internal sealed class TurnExecutorConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : ExecutorServiceConfigurator(config, prerequisites)
{
    /// <summary>The dispatcher of the actors that publishes pass.</summary>
    internal const string Dispatcher = "akkasse.dispatcher";

    public override ExecutorService Produce(string id) => TurnExecutor.Of(Prerequisites.EventStream);
}
