namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides when a quiet connection gets a heartbeat; given its interval, in milliseconds and 0 for never, and the coarse clock. A field of
/// the connection; the sweeper asks while a turn writes.
/// </summary>
internal struct KeepAlive(long now)
{
    private long _lastWrite = now;
    private int _isDue;
    private bool _hasWritten;

    internal bool IsDue => Volatile.Read(ref _isDue) != 0;

    internal readonly bool HasWritten => _hasWritten;

    /// <summary>True when the heartbeat falls due now, and was not due before.</summary>
    internal bool TryFallDue(long now, long interval) =>
        interval > 0 && now - Volatile.Read(ref _lastWrite) >= interval && Interlocked.Exchange(ref _isDue, 1) == 0;

    /// <summary>Something was written, so the next heartbeat is an interval away.</summary>
    /// <param name="now">The coarse clock.</param>
    /// <param name="early">How much sooner the next heartbeat is due.</param>
    internal void Wrote(long now, long early)
    {
        _hasWritten = true;
        Volatile.Write(ref _lastWrite, now - early);
        Volatile.Write(ref _isDue, 0);
    }
}
