namespace AkkaSse.Hub.Engine;

/// <summary>One node of the cluster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State"><c>up</c>, <c>draining</c>, <c>starting</c>, <c>unreachable</c>.</param>
public sealed record NodeInfo(string Name, string State)
{
    /// <summary>The <see cref="State"/> of a member that does not answer: nobody waits for it.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>True for the node that answers.</summary>
    public bool Self { get; init; }

    /// <summary>Since when it runs.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Where it is reached, if the engine knows.</summary>
    public string? Address { get; init; }
}
