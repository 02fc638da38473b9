namespace AkkaSse.Hub.Streams;

/// <summary>The owner of a cursor that can keep an append waiting.</summary>
internal interface ILaggard
{
    /// <summary>It kept an append waiting for the whole publish timeout: it ends.</summary>
    void EndAsLaggard(Cursor cursor);
}
