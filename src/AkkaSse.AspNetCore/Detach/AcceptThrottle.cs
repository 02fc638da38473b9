using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AkkaSse.AspNetCore;

/// <summary>
/// One thread on which readers come in, one after the other, below the priority of everything else: a storm of reconnects takes the time
/// that nobody else wants, and publishes and deliveries go on between any two of its steps. Thread-safe.
/// </summary>
/// <remarks>
/// Without it a storm's requests stand before a publish in the same queue, on the socket thread: with 10 000 readers that come back at
/// once, a publish waited for seconds (decision 0047). What waits for something on its way in continues elsewhere; what blocks holds up
/// everybody behind it.
/// </remarks>
internal sealed class AcceptThrottle : IDisposable
{
    // A third of the processor's time beside a thread that never sleeps: readers still come in when the node is busy. Levels count from 0
    // to 19.
    private const int Nice = 5;

    [ThreadStatic]
    private static bool t_here;

    private readonly ConcurrentQueue<Action> _accepts = new();
    private readonly ConcurrentQueue<Action> _readers = new();
    private readonly SemaphoreSlim _waiting = new(0);

    private volatile bool _closed;

    public AcceptThrottle() => new Thread(Run) { IsBackground = true, Name = "AkkaSse accept throttle" }.Start();

    /// <summary>Ends the thread when all who wait are through.</summary>
    public void Dispose()
    {
        _closed = true;
        _waiting.Release();
    }

    /// <summary>Continues on the throttle's thread; at once when this is it.</summary>
    /// <param name="accept">True for a connection that is being taken from the kernel: before all who wait, because the kernel holds only
    /// so many (4 096 by default) and drops the others for a second.</param>
    internal Turn Enter(bool accept = false) => new(this, accept);

    private void Pass(Action continuation, bool accept)
    {
        (accept ? _accepts : _readers).Enqueue(continuation);
        _waiting.Release();
        // The thread may have ended between the two.
        while (_closed && (_accepts.TryDequeue(out var late) || _readers.TryDequeue(out late)))
            ThreadPool.UnsafeQueueUserWorkItem(static c => c(), late, preferLocal: false);
    }

    private void Run()
    {
        t_here = true;
        Lower();
        while (!_closed || !_accepts.IsEmpty || !_readers.IsEmpty)
        {
            _waiting.Wait();
            if (_accepts.TryDequeue(out var next) || _readers.TryDequeue(out next)) next();
        }
    }

    // Managed threads have no priorities on Linux. There the level is the thread's own, and lowering it needs no right (setpriority(2)).
    private static void Lower()
    {
        if (OperatingSystem.IsLinux()) _ = SetPriority(0, 0, Nice);
        else Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
    }

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, int who, int priority);

    /// <summary>What <see cref="Enter"/> gives to await.</summary>
    internal readonly struct Turn(AcceptThrottle throttle, bool accept) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => t_here && !accept;

        public Turn GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) =>
            throw new NotSupportedException("The execution context does not go through the throttle.");

        public void UnsafeOnCompleted(Action continuation) => throttle.Pass(continuation, accept);
    }
}
