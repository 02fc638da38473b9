namespace AkkaSse.Hub.Streams;

/// <summary>What a stream tells the owner of a cursor.</summary>
internal interface IStreamReader
{
    /// <summary>The stream was removed: what is queued is still delivered. Does not block.</summary>
    void OnStreamRemoved(Cursor cursor);
}
