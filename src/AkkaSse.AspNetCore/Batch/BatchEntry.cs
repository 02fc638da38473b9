namespace AkkaSse.AspNetCore;

/// <summary>
/// One item of a batch as it was parsed. Its data are a slice of the reader's block or of the run's memory, valid until the run has been
/// published.
/// </summary>
internal struct BatchEntry
{
    public string? Stream, Client, Zone, Type, Id, Key, Comment, Conflate;
    public bool Broadcast;

    /// <summary>Bytes of the item in the body.</summary>
    public int Length;

    /// <summary>True when <see cref="Key"/> is that of the item's run.</summary>
    public bool KeyCoversRun;
    public TimeSpan? Retry, Ttl;
    public ReadOnlyMemory<byte>? Data;
    public List<KeyValuePair<string, string>>? Fields;

    /// <summary>Not null when the item is refused before it reaches the hub.</summary>
    public HubFault? Fault;
}

/// <summary>Where a body stopped being a batch.</summary>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="Byte">The offset in the body, counted from 0.</param>
internal readonly record struct BatchPosition(long Line, long Byte);
