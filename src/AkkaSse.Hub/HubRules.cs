using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>What a node's options allow. Pure. A check returns null when all is well, else what is wrong and what is allowed.</summary>
internal static class HubRules
{
    // Most items of one page of a list.
    private const int MaxPage = 1_000;

    internal static string? CheckStreamName(this HubOptions options, string? stream) =>
        HubNames.Check(stream) ?? options.StreamNameRule?.Invoke(stream!);

    internal static string? CheckSize(this HubOptions options, SseEvent e)
    {
        var size = e.DataBytes?.Length ?? 0;
        return size > options.MaxEventBytes ? $"The data have {size} bytes; at most {options.MaxEventBytes} are allowed." : null;
    }

    /// <summary>Most streams of a managed subscription.</summary>
    internal static int MaxManagedStreams(this HubOptions options) => options.MaxStreamsPerConnection * 8;

    /// <exception cref="ArgumentOutOfRangeException">It is not 1 to 1 000.</exception>
    internal static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
    }
}
