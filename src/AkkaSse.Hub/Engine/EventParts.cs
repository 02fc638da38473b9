namespace AkkaSse.Hub.Engine;

/// <summary>
/// The parts of an event that <see cref="EventCodec"/> writes, and of its publisher's options those that stay with it. The numbers are part
/// of the format.
/// </summary>
[Flags]
public enum EventParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The data; empty data are present.</summary>
    Data = 1 << 0,

    /// <summary>The time to live.</summary>
    Ttl = 1 << 1,

    /// <summary>The publisher's id.</summary>
    Id = 1 << 2,

    /// <summary>The type.</summary>
    Type = 1 << 3,

    /// <summary>The conflation key.</summary>
    ConflateKey = 1 << 4,

    /// <summary>The comment.</summary>
    Comment = 1 << 5,

    /// <summary>The reconnection time.</summary>
    Retry = 1 << 6,

    /// <summary>Fields outside the specification.</summary>
    Fields = 1 << 7,

    /// <summary>Every part that this version knows.</summary>
    All = (1 << 8) - 1,
}
