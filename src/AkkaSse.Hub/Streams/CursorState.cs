namespace AkkaSse.Hub.Streams;

/// <summary>What a cursor found when there was nothing to read.</summary>
internal enum CursorState
{
    /// <summary>At the head, or the stream does not exist.</summary>
    Waiting,

    /// <summary>There is more.</summary>
    Data,

    /// <summary>A gap is to be told first.</summary>
    Gap,

    /// <summary>It fell off a stream whose policy is to disconnect.</summary>
    Disconnect,
}
