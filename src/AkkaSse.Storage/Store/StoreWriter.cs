using System.Buffers;
using AkkaSse.Hub.Engine;

namespace AkkaSse.Storage.Store;

/// <summary>Something that changes the store, decided and made durable by the writer's thread.</summary>
internal abstract class StoreCommand
{
    /// <summary>Bytes that it holds while it waits.</summary>
    internal virtual long Size => 0;

    /// <summary>
    /// Decides, and adds to the batch what has to be stored. False: it has to begin a commit of its own, and nothing was added. Called
    /// again, then.
    /// </summary>
    internal abstract bool Decide(StoreTurn turn);

    /// <summary>What was decided is durable: makes it visible and answers.</summary>
    internal abstract void Applied(StoreTurn turn);

    /// <summary>Nothing of it was stored, or nobody knows: takes back what was decided and answers. In reverse order.</summary>
    internal abstract void Failed(Exception fault);
}

/// <summary>What goes into one commit. Used by the writer's thread.</summary>
internal sealed class StoreTurn
{
    internal StoreBatch Batch { get; } = new();

    internal List<StoreCommand> Commands { get; } = [];

    /// <summary>The time of the commit, in milliseconds since 1970.</summary>
    internal long Now { get; set; }

    /// <summary>Set by a command after which the next one looks at what it has changed.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>Bytes of events in it.</summary>
    internal long Bytes { get; set; }

    /// <summary>Names that commands of this turn have decided about, so that the next one about them sees the outcome.</summary>
    internal HashSet<string> Decided { get; } = new(StringComparer.Ordinal);

    /// <summary>Called before the commit: what was gathered goes into the batch.</summary>
    internal List<Action<StoreTurn>> Sealing { get; } = [];

    /// <summary>Who is told, on another thread, that something has changed.</summary>
    internal List<IStreamSink> Changed { get; } = [];

    /// <summary>Where the bytes of a run and of an event are put together.</summary>
    internal ArrayBufferWriter<byte> RunBytes { get; } = new(64 << 10);

    internal ArrayBufferWriter<byte> EventBytes { get; } = new(4 << 10);

    internal void Clear()
    {
        Batch.Clear();
        Commands.Clear();
        Decided.Clear();
        Sealing.Clear();
        IsClosed = false;
        Bytes = 0;
    }
}

/// <summary>
/// Group commit: one thread takes up everything that has come while the last commit was on its way to the disk, and makes it one commit.
/// </summary>
/// <remarks>
/// Readers are told by a thread of their own (<see cref="NoticeThread"/>): a fan-out to thousands of readers delays no commit, and a slow
/// disk no delivery.
/// </remarks>
internal sealed class StoreWriter : IDisposable
{
    // A commit of so many bytes takes the disk some 10 ms: publishes that come meanwhile wait no longer than that for the next one.
    private const long TurnBytes = 4 << 20;

    private readonly ILogStore _store;
    private readonly TimeProvider _time;
    private readonly long _maxPending;
    private readonly Action<Exception> _broken;
    private readonly NoticeThread _notices;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly StorageMetrics _metrics;
    private List<StoreCommand> _waiting = [];
    private List<StoreCommand> _taken = [];
    private long _pendingBytes;
    private bool _isStopped;
    private Exception? _fault;

    internal StoreWriter(
        ILogStore store, TimeProvider time, long maxPending, Action<Exception> broken, Action<Exception> fault, StorageMetrics metrics)
    {
        _store = store;
        _time = time;
        _maxPending = maxPending;
        _broken = broken;
        _metrics = metrics;
        _notices = new NoticeThread(fault);
        _thread = new Thread(Run) { IsBackground = true, Name = "AkkaSse.Storage writer" };
        _thread.Start();
    }

    /// <summary>Puts a command behind the others. False: too much waits, or the writer has stopped; it was not taken.</summary>
    internal bool TryAdd(StoreCommand command)
    {
        lock (_gate)
        {
            if (_isStopped || (command.Size > 0 && _pendingBytes > 0 && _pendingBytes + command.Size > _maxPending)) return false;
            _pendingBytes += command.Size;
            _waiting.Add(command);
            if (_waiting.Count > 1) return true;
        }
        _wake.Release();
        return true;
    }

    /// <summary>Takes nothing more; what was taken is committed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isStopped) return;
            _isStopped = true;
        }
        _wake.Release();
        _thread.Join();
        _notices.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        var turn = new StoreTurn();
        while (true)
        {
            _wake.Wait();
            bool isLast;
            lock (_gate)
            {
                isLast = _isStopped;
                (_waiting, _taken) = (_taken, _waiting);
            }
            try
            {
                foreach (var command in _taken) Take(turn, command);
                Commit(turn);
            }
            catch (Exception e) when (e is not StoreException)
            {
                Break(e, turn);
            }
            var bytes = 0L;
            foreach (var command in _taken) bytes += command.Size;
            _taken.Clear();
            lock (_gate)
            {
                _pendingBytes -= bytes;
                if (isLast) return;
            }
        }
    }

    private void Take(StoreTurn turn, StoreCommand command)
    {
        if (_fault is { } broken)
        {
            command.Failed(broken);
            return;
        }
        if (turn.Commands.Count == 0) turn.Now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!command.Decide(turn))
        {
            Commit(turn);
            turn.Now = _time.GetUtcNow().ToUnixTimeMilliseconds();
            if (!command.Decide(turn)) throw new InvalidOperationException("A command is not decided in a commit of its own.");
        }
        turn.Commands.Add(command);
        if (turn.IsClosed || turn.Bytes >= TurnBytes) Commit(turn);
    }

    private void Commit(StoreTurn turn)
    {
        if (turn.Commands.Count == 0) return;
        foreach (var seal in turn.Sealing) seal(turn);
        try
        {
            if (!turn.Batch.IsEmpty)
            {
                var began = _time.GetTimestamp();
                _store.Commit(turn.Batch);
                _metrics.Committed(_time.GetElapsedTime(began), turn.Commands.Count, turn.Batch.Bytes);
            }
        }
        catch (StoreException e)
        {
            _metrics.Failed();
            for (var i = turn.Commands.Count - 1; i >= 0; i--) turn.Commands[i].Failed(e);
            turn.Clear();
            turn.Changed.Clear();
            if (!e.IsFull) _broken(e);
            return;
        }
        foreach (var command in turn.Commands) command.Applied(turn);
        turn.Clear();
        _notices.Tell(turn.Changed);
    }

    // A fault of this program: what is in memory may not be what is stored any more, so nothing more is stored.
    private void Break(Exception fault, StoreTurn turn)
    {
        _fault = fault;
        _broken(fault);
        foreach (var command in turn.Commands) command.Failed(fault);
        foreach (var command in _taken.Except(turn.Commands)) command.Failed(fault);
        turn.Clear();
    }
}
