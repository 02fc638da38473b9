using System.Runtime.InteropServices;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides for which reason a connection ends, and whether its end may be written; given each event of its end. A field of the connection;
/// it belongs to the connection's turn, but for <see cref="TryAbort"/>, which any thread may call.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct ConnectionEnding
{
    private int _isAborted;
    private Delivery _delivery;

    /// <summary>Why the connection has ended, or will have; none while that is open.</summary>
    internal CloseReason Reason { get; private set; }

    /// <summary>Why the reader is told that the connection ends; none while it goes on.</summary>
    internal CloseReason Closing { get; private set; }

    /// <summary>True when what is queued is delivered before the end.</summary>
    internal readonly bool AfterDelivery => _delivery == Delivery.Whole;

    /// <summary>True once the reader was told, as far as it is told.</summary>
    internal bool IsWritten { get; private set; }

    /// <summary>True when the peer has gone, or was cut off.</summary>
    internal bool IsGone { get; set; }

    /// <summary>True once the connection holds nothing any more.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>True once the transport was aborted.</summary>
    internal readonly bool IsAborted => _isAborted != 0;

    internal readonly bool IsClosing => Closing != CloseReason.None;

    /// <summary>
    /// True once, and only in a drain: what came before it goes out in one more turn, and the end follows. A reader that lags gets the rest
    /// from the node that it comes back to.
    /// </summary>
    internal bool TakeLastDelivery()
    {
        if (_delivery != Delivery.None || Closing != CloseReason.Shutdown) return false;
        _delivery = Delivery.LastTurn;
        return true;
    }

    /// <summary>The end is told in the next turn. The first reason stays; false for a later one.</summary>
    internal bool TryClose(CloseReason reason)
    {
        if (IsClosing) return false;
        Closing = reason;
        return true;
    }

    /// <summary>The last stream was removed: the end is told when what is queued is out.</summary>
    internal void CloseAfterDelivery(CloseReason reason)
    {
        Closing = reason;
        _delivery = Delivery.Whole;
    }

    /// <summary>The connection ends without another byte, for this reason even when it was closing for another one.</summary>
    internal void Cut(CloseReason reason)
    {
        if (Reason == CloseReason.None) Reason = reason;
        IsGone = true;
    }

    /// <summary>The transport is about to be aborted; false when it was before. From any thread.</summary>
    internal bool TryAbort(CloseReason reason)
    {
        if (Interlocked.Exchange(ref _isAborted, 1) != 0) return false;
        if (Reason == CloseReason.None) Reason = Why(reason);
        return true;
    }

    /// <summary>A fault inside the hub, whatever was decided before.</summary>
    internal void Fail() => Reason = CloseReason.Fault;

    /// <summary>The end is about to be written; false when it was.</summary>
    internal bool TryWrite()
    {
        if (IsWritten) return false;
        IsWritten = true;
        return true;
    }

    /// <summary>The connection has ended; false when it had before.</summary>
    internal bool TryFinish(CloseReason reason)
    {
        if (IsFinished) return false;
        IsFinished = true;
        Reason = reason;
        return true;
    }

    /// <summary>A connection that was being ended for a reason has ended for that reason, whatever finished it.</summary>
    internal readonly CloseReason Why(CloseReason otherwise) => Reason != CloseReason.None ? Reason : IsClosing ? Closing : otherwise;

    // A byte: the connection has no more to spare.
    private enum Delivery : byte
    {
        None,
        LastTurn,
        Whole,
    }
}
