namespace AkkaSse.Hub.Engine;

/// <summary>
/// A namespace as it is in force: the streams whose names begin with its prefix, and with no longer prefix of another one. Immutable.
/// </summary>
public sealed class StreamNamespace
{
    internal StreamNamespace(string prefix, int index, NamespaceOptions options, HubOptions hub)
    {
        (Prefix, Index) = (prefix, index);
        StreamDefaults = options.StreamDefaults ?? hub.StreamDefaults;
        (MaxStreams, MaxReaders, MaxLogBytes) = (options.MaxStreams, options.MaxReaders, options.MaxLogBytes);
        InnerPrefixes = [.. hub.Namespaces.Keys.Where(p => p.Length > prefix.Length && p.StartsWith(prefix, StringComparison.Ordinal))];
    }

    /// <summary>What the names of its streams begin with.</summary>
    public string Prefix { get; }

    /// <summary>Its place among the namespaces of the hub, from 0 on.</summary>
    public int Index { get; }

    /// <summary>The options of a stream that is created here without options of its own.</summary>
    public StreamOptions StreamDefaults { get; }

    /// <summary>The largest number of its streams in the engine; null for no limit of its own.</summary>
    public int? MaxStreams { get; }

    /// <summary>The largest number of readers on one node; null for no limit of its own.</summary>
    public int? MaxReaders { get; }

    /// <summary>The bound of all its logs on one node, in bytes; null for none of its own.</summary>
    public long? MaxLogBytes { get; }

    /// <summary>Prefixes of other namespaces that begin with this one: their streams are not streams of this namespace.</summary>
    public IReadOnlyList<string> InnerPrefixes { get; }

    /// <summary>What a caller is told who would create one stream too many.</summary>
    public string TooManyStreams => $"The namespace '{Prefix}' has {MaxStreams} streams, the most allowed.";

    /// <summary>What a stream of the namespace may not be given of these options; empty when it may have them.</summary>
    internal IEnumerable<string> CeilingFaults(StreamOptions options)
    {
        var most = StreamDefaults;
        if (options.MaxEvents > most.MaxEvents) yield return Beyond(nameof(most.MaxEvents), $"{options.MaxEvents}", $"{most.MaxEvents}");
        if (options.MaxBytes > most.MaxBytes) yield return Beyond(nameof(most.MaxBytes), $"{options.MaxBytes}", $"{most.MaxBytes}");
        if (options.MaxAge > most.MaxAge)
            yield return Beyond(nameof(most.MaxAge), Durations.Format(options.MaxAge), Durations.Format(most.MaxAge));
        if (most.MaxSubscribers is { } readers && (options.MaxSubscribers is not { } wanted || wanted > readers))
            yield return Beyond(nameof(most.MaxSubscribers), options.MaxSubscribers is { } n ? $"{n}" : "null", $"{readers}");
        // The newest event of each key lies beside the log, where no bound of logs counts it.
        if (options.ConflateMaxKeys > most.ConflateMaxKeys)
            yield return Beyond(nameof(most.ConflateMaxKeys), $"{options.ConflateMaxKeys}", $"{most.ConflateMaxKeys}");
        if (options.ConflateMaxBytes > most.ConflateMaxBytes)
            yield return Beyond(nameof(most.ConflateMaxBytes), $"{options.ConflateMaxBytes}", $"{most.ConflateMaxBytes}");
    }

    private string Beyond(string option, string wanted, string most) =>
        $"{option} is {wanted}; at most {most} is allowed in the namespace '{Prefix}'.";
}
