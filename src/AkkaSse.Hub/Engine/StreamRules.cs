namespace AkkaSse.Hub.Engine;

/// <summary>What engines of several nodes do not take as options of a stream. One place, for all of them. Pure.</summary>
public static class StreamRules
{
    private const string DefaultZoneStream = HubNames.ZoneStreamPrefix + HubNames.DefaultZone;

    /// <summary>
    /// Null when an engine of several nodes takes these options, else what is wrong and what is allowed: the policy wait needs all readers
    /// on the node that appends.
    /// </summary>
    /// <param name="options">Options of a stream; null for none.</param>
    public static string? CheckForSeveralNodes(StreamOptions? options) =>
        options?.SlowReader == SlowReaderPolicy.Wait
            ? "The policy wait is for the in-process engine only; skip, disconnect and conflate are allowed."
            : null;

    /// <summary>
    /// True for a stream that is created however many there are: the broadcasts, the zone of clients that name none, and the audit. Nobody
    /// may keep them from others by creating streams.
    /// </summary>
    /// <param name="stream">A name.</param>
    public static bool HasItsPlace(string stream) => stream is HubNames.BroadcastStream or HubNames.AuditStream or DefaultZoneStream;

    /// <summary>Checks the options that streams have without options of their own, at the start of an engine of several nodes.</summary>
    /// <param name="options">The hub's options.</param>
    /// <exception cref="EngineStartException">The engine does not take them.</exception>
    public static void ThrowUnlessForSeveralNodes(HubOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(nameof(HubOptions.StreamDefaults), options.StreamDefaults);
        Check(nameof(HubOptions.ZoneStreams), options.ZoneStreams);
        foreach (var (prefix, own) in options.Namespaces)
        {
            if (own.StreamDefaults is { } defaults)
                Check($"{nameof(HubOptions.Namespaces)}[\"{prefix}\"].{nameof(own.StreamDefaults)}", defaults);
        }
    }

    private static void Check(string name, StreamOptions options)
    {
        var option = $"{name}.{nameof(StreamOptions.SlowReader)}";
        if (CheckForSeveralNodes(options) is { } fault) throw new EngineStartException(option, $"{option} is wait. {fault}");
    }
}
