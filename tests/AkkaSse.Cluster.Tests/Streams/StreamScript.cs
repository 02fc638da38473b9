using AkkaSse.Cluster.Streams;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Cluster.Tests.Streams;

/// <summary>
/// An owner's decisions without a cluster: what is proposed is committed when the test says so, on a state of its own beside the owner's.
/// </summary>
internal sealed class StreamScript : IStreamLimits
{
    private readonly Queue<byte[]> _proposed = new();
    private long _index;
    private long _committed;
    private long _ids;

    internal StreamScript(HubOptions? options = null, string name = "s")
    {
        Options = options ?? new HubOptions { AutoCreate = true };
        Window = (long)Options.IdempotencyWindow.TotalMilliseconds;
        State = new StreamState(Window);
        Replica = new StreamState(Window);
        Decider = new StreamDecider(name, State, Options, this);
    }

    internal HubOptions Options { get; }

    internal long Window { get; }

    internal StreamState State { get; private set; }

    /// <summary>Gets the same commands after a way over the wire.</summary>
    internal StreamState Replica { get; private set; }

    internal StreamDecider Decider { get; private set; }

    internal long Now { get; set; } = 1_000_000;

    internal bool HasRoom { get; set; } = true;

    internal int Epochs { get; private set; }

    internal List<EventRun> Segments { get; } = [];

    public string? Take() => HasRoom ? null : "There is no room.";

    public string NewEpoch() => $"e{++Epochs}";

    internal static AppendItem Item(string data, PublishOptions options = default) => new(new SseEvent { Data = data }, options);

    internal AppendOutcome[] Append(params AppendItem[] items)
    {
        var outcomes = Propose(items);
        Commit();
        return outcomes;
    }

    internal AppendOutcome[] Propose(params AppendItem[] items) => Propose(change =>
    {
        var work = new AppendWork(++_ids, 0);
        work.Add(items, Options.AutoCreate);
        return Decider.Append((AppendRequest)work.Message, change, Segments);
    });

    internal T Propose<T>(Func<StreamChange, T> decide)
    {
        var change = new StreamChange(Now);
        var result = decide(change);
        if (!change.IsEmpty)
        {
            _proposed.Enqueue(change.Take());
            _index++;
        }
        Decider.Proposed(_index);
        return result;
    }

    internal void Commit()
    {
        while (_proposed.TryDequeue(out var command))
        {
            State.Apply(command);
            Replica.Apply(command.ToArray());
            Decider.Committed(++_committed);
        }
    }

    /// <summary>Another owner takes the replica's state over.</summary>
    internal void Move()
    {
        State = StreamState.Of(StreamSnapshot.Join([.. Replica.Snapshot().Split(100).Select(static p => (ReadOnlyMemory<byte>)p)]), Window);
        Decider = new StreamDecider("s", State, Options, this);
        _proposed.Clear();
    }

    internal List<string> Data(StreamState state)
    {
        var data = new List<string>();
        foreach (var run in ReadRun.Of(StreamReads.Page(state, state.First, state.Head, int.MaxValue)))
            data.AddRange(run.Events.Select(static e => e.Event.Data!));
        return data;
    }
}
