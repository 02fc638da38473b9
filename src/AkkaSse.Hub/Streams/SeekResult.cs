namespace AkkaSse.Hub.Streams;

/// <summary>How a seek ended.</summary>
internal enum SeekResult
{
    /// <summary>There is no chunk, or the generation is not current.</summary>
    Nothing,

    /// <summary>The place.</summary>
    Found,

    /// <summary>The event at that offset was trimmed or cleared.</summary>
    Lost,
}
