using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>What a command does when its commit is durable, and when it failed.</summary>
internal sealed record Change(Action Apply, Action Undo);

/// <summary>A change of streams themselves, in a commit of its own: what comes after it sees its outcome.</summary>
/// <param name="decide">Adds to the batch what is to be stored. Null: nothing changes.</param>
internal sealed class ChangeCommand(Func<StoreTurn, Change?> decide) : StoreCommand
{
    private readonly TaskCompletionSource<Exception?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Change? _change;

    /// <summary>Null, or why nothing was stored.</summary>
    internal Task<Exception?> Done => _done.Task;

    internal override bool Decide(StoreTurn turn)
    {
        if (turn.Commands.Count > 0) return false;
        _change = decide(turn);
        turn.IsClosed = true;
        return true;
    }

    internal override void Applied(StoreTurn turn)
    {
        _change?.Apply();
        _done.TrySetResult(null);
    }

    internal override void Failed(Exception fault)
    {
        _change?.Undo();
        _done.TrySetResult(fault);
    }
}

/// <summary>What cannot be read is over.</summary>
internal sealed class FenceCommand(DurableStream stream, long through) : StoreCommand
{
    private Change? _change;

    internal override bool Decide(StoreTurn turn)
    {
        if (turn.Commands.Count > 0) return false;
        _change = DurableStreams.DecideFence(turn, stream, through);
        turn.IsClosed = true;
        return true;
    }

    internal override void Applied(StoreTurn turn) => _change?.Apply();

    internal override void Failed(Exception fault) => _change?.Undo();
}
