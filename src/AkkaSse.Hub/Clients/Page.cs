namespace AkkaSse.Hub;

/// <summary>A page of a list.</summary>
/// <param name="Items">In ascending order of their names.</param>
/// <param name="Next">What to pass as <c>after</c> for the next page; null on the last.</param>
public readonly record struct Page<T>(IReadOnlyList<T> Items, string? Next)
{
    private readonly IReadOnlyList<string>? _missing;

    /// <summary>
    /// The nodes that did not answer in time, by name, or by address where the name is not known. What only they know is not in the page.
    /// Default: empty.
    /// </summary>
    public IReadOnlyList<string> Missing
    {
        get => _missing ?? [];
        init => _missing = value.Count == 0 ? null : value;
    }

    /// <summary>True when every node that was asked has answered.</summary>
    public bool IsComplete => _missing is null;
}
