namespace AkkaSse.Hub.Streams;

/// <summary>
/// The cursors that one reader has taken before it reads, and the stream actors that they hold. Decides which of them are given back when
/// the reader does not come to read; given the opener and the stream table. Used by one caller at a time.
/// </summary>
internal sealed class CursorSet(CursorOpener opener, StreamTable streams)
{
    private readonly List<StreamActor> _acquired = [];

    internal List<Cursor> Cursors { get; } = [];

    /// <summary>Takes a cursor. Null when it is here, or when the stream is one of several and was removed; else the refusal.</summary>
    internal async ValueTask<Admission?> AddAsync(
        string stream, int named, Func<StreamLog, ReaderStart> start, CancellationToken cancellation)
    {
        var (cursor, refused) = await opener.OpenAsync(stream, named, start, _acquired, cancellation).ConfigureAwait(false);
        if (cursor is not null) Cursors.Add(cursor);
        return refused;
    }

    /// <summary>Gives everything back.</summary>
    internal void Undo()
    {
        foreach (var cursor in Cursors) cursor.LocalStream.Discharge();
        Release();
    }

    /// <summary>Gives the stream actors back, when the cursors were counted out already.</summary>
    internal void Release()
    {
        foreach (var actor in _acquired) streams.Release(actor);
    }
}
