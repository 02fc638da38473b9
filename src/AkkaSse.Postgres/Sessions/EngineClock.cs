namespace AkkaSse.Postgres.Sessions;

/// <summary>
/// The node's clock and the engine's: what is stored is in the engine's time, so that nodes whose clocks differ agree on ages and ends. The
/// difference is measured when a server is verified. Leases do not come from here: they are decided by the database's clock alone.
/// </summary>
internal sealed class EngineClock(TimeProvider node)
{
    private long _skew;

    /// <summary>Now, in the engine's time, in milliseconds since 1970.</summary>
    internal long Now => ToEngine(node.GetUtcNow().ToUnixTimeMilliseconds());

    internal long NodeNow => node.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The engine's clock was seen to be this.</summary>
    internal void Measure(DateTime engineNow) =>
        Volatile.Write(ref _skew, new DateTimeOffset(engineNow, TimeSpan.Zero).ToUnixTimeMilliseconds() - NodeNow);

    internal long ToEngine(long nodeTime) => nodeTime + Volatile.Read(ref _skew);

    internal long ToNode(long engineTime) => engineTime - Volatile.Read(ref _skew);
}
