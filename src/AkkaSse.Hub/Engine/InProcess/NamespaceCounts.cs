namespace AkkaSse.Hub.Engine.InProcess;

/// <summary>How many streams each namespace has, against its limit. Not thread-safe: under the lock of whoever creates streams.</summary>
internal sealed class NamespaceCounts(HubOptions options)
{
    // Null: no namespace bounds its streams.
    private readonly int[]? _counts =
        options.ListNamespaces() is { Count: > 0 } all && all.Any(static n => n.MaxStreams is not null) ? new int[all.Count] : null;

    /// <summary>Null when one more stream of this name may be created, else why not.</summary>
    internal string? Refusal(string stream) =>
        _counts is { } counts && options.NamespaceOf(stream) is { MaxStreams: { } max } found && counts[found.Index] >= max
            ? found.TooManyStreams
            : null;

    internal void Created(string stream) => Change(stream, 1);

    internal void Removed(string stream) => Change(stream, -1);

    private void Change(string stream, int by)
    {
        if (_counts is { } counts && options.NamespaceOf(stream) is { } found) counts[found.Index] += by;
    }
}
