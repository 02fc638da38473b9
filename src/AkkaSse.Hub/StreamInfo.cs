namespace AkkaSse.Hub;

/// <summary>A stream as lists show it. A snapshot.</summary>
public sealed record StreamInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The current epoch.</summary>
    public required string Epoch { get; init; }

    /// <summary>Offset of the newest event; the epoch's base when it has none.</summary>
    public required long Head { get; init; }

    /// <summary>Offset of the oldest retained event; <see cref="Head"/> + 1 when none is.</summary>
    public required long First { get; init; }

    /// <summary>Bytes of the retained frames.</summary>
    public long Bytes { get; init; }

    /// <summary>Readers on this node.</summary>
    public int LocalReaders { get; init; }

    /// <summary>Its options.</summary>
    public required StreamOptions Options { get; init; }

    /// <summary>True when it was created by a call and not by a publish; idle removal leaves it alone.</summary>
    public bool Declared { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}
