using AkkaSse.Hub.Engine;
using AkkaSse.Protocol;

namespace AkkaSse.Hub;

/// <summary>What a node's options allow. Pure. A check returns null when all is well, else what is wrong and what is allowed.</summary>
internal static class HubRules
{
    // Most items of one page of a list.
    private const int MaxPage = 1_000;

    internal static string? CheckStreamName(this HubOptions options, string? stream) =>
        HubNames.Check(stream) ?? options.StreamNameRule?.Invoke(stream!);

    /// <summary>Of a stream that is to be read.</summary>
    internal static string? CheckReadableName(this HubOptions options, string? stream) =>
        stream == HubNames.AuditStream ? null : options.CheckStreamName(stream);

    internal static string? CheckSize(this HubOptions options, SseEvent e) => EventRules.CheckSize(e, options.MaxEventBytes);

    /// <summary>Most streams of a managed subscription.</summary>
    internal static int MaxManagedStreams(this HubOptions options) => options.MaxStreamsPerConnection * 8;

    /// <exception cref="ArgumentException">It is no text that an engine could compare with names.</exception>
    internal static void CheckText(string? text, string parameter)
    {
        if (!HubNames.IsText(text))
            throw new ArgumentException(
                "The text has half of a surrogate pair or U+0000; valid Unicode without U+0000 is allowed.", parameter);
    }

    /// <exception cref="ArgumentOutOfRangeException">It is not 1 to 1 000.</exception>
    internal static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
    }
}
