using AkkaSse.Storage.Store;

namespace AkkaSse.Storage.Streams;

/// <summary>One step of what is done by and by.</summary>
internal sealed class SweepCommand(DurableStreams streams) : StoreCommand
{
    private Action? _applied;

    internal override bool Decide(StoreTurn turn)
    {
        if (turn.Commands.Count > 0) return false;
        _applied = streams.DecideSweep(turn);
        turn.IsClosed = true;
        return true;
    }

    internal override void Applied(StoreTurn turn) => _applied!();

    // The next sweep begins where this one stood.
    internal override void Failed(Exception fault) => streams.SweepFailed();
}
