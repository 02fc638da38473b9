namespace AkkaSse.Hub.Engine;

/// <summary>
/// Limits of <see cref="IStreamEngine.AppendAsync"/> that engines and those who call them share, in bytes of
/// <see cref="EventCodec.SizeOf(in AppendItem)"/>.
/// </summary>
public static class AppendLimits
{
    /// <summary>
    /// An append of at most so many bytes is never divided: of a larger one an engine may lose a part and accept a later one.
    /// 128 KiB, and no option: publishers that repeat what was lost rely on it.
    /// </summary>
    public const int UndividedBytes = 128 << 10;
}
