namespace AkkaSse.Hub.Engine;

/// <summary>Ids as bare decimals, for clients that read ids as numbers: the offset and the base of its epoch (decision 0004).</summary>
public static class DecimalIds
{
    // More than the 2^20 a second of earlier versions, whose epochs must stay below new ones.
    private const long PerMillisecond = 1_049;

    /// <summary>
    /// The base of an epoch that begins now: above every id of an earlier epoch, unless a stream had more than 1 049 events for every
    /// millisecond of it. Below 2^53, which JavaScript needs, until 2242.
    /// </summary>
    /// <param name="unixMilliseconds">Milliseconds since 1970.</param>
    public static long Base(long unixMilliseconds) => unixMilliseconds * PerMillisecond;
}
