using System.Text;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// Decides how a reader's position is written in an id line, and writes it without garbage; given a text, or the cursor of the one stream.
/// The default writes no id line. Valid until the reader moves.
/// </summary>
internal readonly ref struct PositionId
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly Cursor? _cursor;
    private readonly bool _isDecimal;

    /// <summary>A position that is a text already: a token, or one that is held while a gap is to be told.</summary>
    internal PositionId(ReadOnlySpan<byte> text) => _text = text;

    private PositionId(Cursor cursor, bool isDecimal)
    {
        _cursor = cursor;
        _isDecimal = isDecimal;
    }

    internal bool IsEmpty => _text.IsEmpty && _cursor is null;

    /// <summary>The position of a connection as its ids are written now.</summary>
    internal static PositionId Of(WireIds ids, Cursor[] cursors, CursorToken? token)
    {
        switch (ids)
        {
            case WireIds.Position when cursors.Length > 0:
                return new(cursors[0], isDecimal: false);
            case WireIds.Decimal when cursors is [{ Generation: not null }, ..]:
                return new(cursors[0], isDecimal: true);
            case WireIds.Token:
                foreach (var cursor in cursors) Place(token!, cursor);
                return new(token!.Text);
            default:
                return default;
        }
    }

    /// <summary>The token of a connection that reads these streams.</summary>
    internal static CursorToken TokenOf(Cursor[] cursors)
    {
        var token = new CursorToken([.. cursors.Select(static c => (c.Stream, c.LocalStream.TokenHash))]);
        foreach (var cursor in cursors)
        {
            cursor.TokenSlot = token.SlotOf(cursor.Stream);
            Place(token, cursor);
        }
        return token;
    }

    /// <summary>Writes a cursor's place into the token.</summary>
    internal static void Place(CursorToken token, Cursor cursor)
    {
        // Of a cursor with a gap to be told the position before the gap is unknown here; the gap's own id closes it.
        var generation = cursor.Generation;
        token.Set(cursor.TokenSlot, generation?.EpochTag ?? 0, generation is null ? 0 : cursor.Position.Offset);
    }

    internal void WriteTo(FrameBuffer to)
    {
        if (_cursor is null)
        {
            to.Append(_text);
            return;
        }
        var position = _cursor.Position;
        if (_isDecimal)
        {
            ControlFrames.Number(to, _cursor.Generation!.IdBase + position.Offset);
            return;
        }
        ControlFrames.Number(to, position.Offset);
        to.Append("-"u8);
        to.Advance(Encoding.ASCII.GetBytes(position.Epoch, to.GetSpan(StreamPosition.MaxEpochLength)));
    }

    internal byte[] ToArray()
    {
        var buffer = FrameBuffer.Rent();
        WriteTo(buffer);
        return buffer.Written.ToArray();
    }
}
