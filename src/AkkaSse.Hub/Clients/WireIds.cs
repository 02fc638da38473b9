namespace AkkaSse.Hub;

/// <summary>What a connection's <c>id:</c> lines carry.</summary>
public enum WireIds
{
    /// <summary><c>offset-epoch</c> of the one stream (or the publisher's id on a stream with ids of the caller).</summary>
    Position,

    /// <summary>A cursor token over all streams of the connection.</summary>
    Token,

    /// <summary>A bare decimal of the one stream, for clients that read integers (the r3labs edge).</summary>
    Decimal,

    /// <summary>No id lines.</summary>
    None,
}
