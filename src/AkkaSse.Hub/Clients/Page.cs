namespace AkkaSse.Hub;

/// <summary>A page of a list.</summary>
/// <param name="Items">In ascending order of their names.</param>
/// <param name="Next">What to pass as <c>after</c> for the next page; null on the last.</param>
public readonly record struct Page<T>(IReadOnlyList<T> Items, string? Next);
