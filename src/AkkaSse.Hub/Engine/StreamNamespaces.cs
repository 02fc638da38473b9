namespace AkkaSse.Hub.Engine;

/// <summary>
/// What the namespaces of a hub say of a stream. Asked where a stream is created or a reader connects, and by limits per
/// publish; never by an append. Thread-safe.
/// </summary>
public static class StreamNamespaces
{
    /// <summary>The namespace of a stream; null when it is in none.</summary>
    /// <param name="options">The hub's options, which are not changed any more.</param>
    /// <param name="stream">A valid name, or one of the hub's own: the stream of a zone is in the namespace of the zone's name, the others
    /// are in none.</param>
    public static StreamNamespace? NamespaceOf(this HubOptions options, string stream)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.NamespaceTable?.Find(stream);
    }

    /// <summary>All namespaces, in the ordinal order of their prefixes.</summary>
    /// <param name="options">The hub's options, which are not changed any more.</param>
    public static IReadOnlyList<StreamNamespace> ListNamespaces(this HubOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.NamespaceTable?.All ?? [];
    }

    /// <summary>
    /// The options of a stream that is created without options of its own: those of its namespace, else
    /// <see cref="HubOptions.StreamDefaults"/>; of the hub's own streams, <see cref="HubOptions.ZoneStreams"/>.
    /// </summary>
    /// <param name="options">The hub's options, which are not changed any more.</param>
    /// <param name="stream">A valid name, or one of the hub's own.</param>
    public static StreamOptions DefaultsOf(this HubOptions options, string stream)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(stream);
        return stream[0] == '$' ? options.ZoneStreams : options.NamespaceOf(stream)?.StreamDefaults ?? options.StreamDefaults;
    }

    /// <summary>
    /// What a stream may not be given of options that are valid by themselves, as sentences that begin with the name of the property; empty
    /// when it may have them. The hub asks before it calls the engine.
    /// </summary>
    /// <param name="options">The hub's options, which are not changed any more.</param>
    /// <param name="stream">A valid name.</param>
    /// <param name="wanted">The options that the stream is to get.</param>
    public static IEnumerable<string> CeilingFaults(this HubOptions options, string stream, StreamOptions wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return options.NamespaceOf(stream)?.CeilingFaults(wanted) ?? [];
    }
}

/// <summary>Finds the namespace of a name. Immutable.</summary>
internal sealed class NamespaceTable
{
    private readonly Dictionary<string, StreamNamespace>.AlternateLookup<ReadOnlySpan<char>> _byPrefix;

    // Longest first: of several prefixes that a name begins with, the longest decides.
    private readonly int[] _lengths;

    internal NamespaceTable(HubOptions hub)
    {
        All = [.. hub.Namespaces.OrderBy(static n => n.Key, StringComparer.Ordinal)
            .Select((n, i) => new StreamNamespace(n.Key, i, n.Value, hub))];
        _byPrefix = All.ToDictionary(static n => n.Prefix, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        _lengths = [.. All.Select(static n => n.Prefix.Length).Distinct().OrderDescending()];
    }

    internal IReadOnlyList<StreamNamespace> All { get; }

    internal StreamNamespace? Find(string stream)
    {
        // A tenant that may publish to zones would have streams without a bound otherwise.
        var name = stream.AsSpan();
        if (name.StartsWith(HubNames.ZoneStreamPrefix, StringComparison.Ordinal)) name = name[HubNames.ZoneStreamPrefix.Length..];
        foreach (var length in _lengths)
        {
            if (length <= name.Length && _byPrefix.TryGetValue(name[..length], out var found)) return found;
        }
        return null;
    }
}
