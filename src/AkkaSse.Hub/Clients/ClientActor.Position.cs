using System.Globalization;
using System.Text;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>The part of a connection that says where its reader is.</summary>
internal sealed partial class ClientActor
{
    private void BuildToken()
    {
        _token = new CursorToken([.. _cursors.Select(static c => (c.Stream, c.LocalStream.TokenHash))]);
        foreach (var cursor in _cursors)
        {
            cursor.TokenSlot = _token.SlotOf(cursor.Stream);
            SetToken(cursor);
        }
    }

    private void SetToken(Cursor cursor)
    {
        // Of a cursor with a gap to be told the position before the gap is unknown here; the gap's own id closes it.
        var generation = cursor.Generation;
        _token!.Set(cursor.TokenSlot, generation?.EpochTag ?? 0, generation is null ? 0 : cursor.Position.Offset);
    }

    // The connection's position as its id lines write it; empty when they write none. All of the hub's own events repeat it, because an
    // event without an id empties the last event id of some clients (npm eventsource 4). While a gap is to be told it is the one before.
    private ReadOnlySpan<byte> PositionId()
    {
        if (_rare?.Held is { } held) return held;
        switch (_request.Ids)
        {
            case WireIds.Position:
                return _cursors.Length == 0 ? default : Encoding.ASCII.GetBytes(_cursors[0].Position.ToString());
            case WireIds.Token:
                foreach (var cursor in _cursors) SetToken(cursor);
                return _token!.Text;
            case WireIds.Decimal:
                return _cursors.Length == 0 || _cursors[0].Generation is not { } g
                    ? default
                    : Encoding.ASCII.GetBytes((g.IdBase + _cursors[0].Position.Offset).ToString(CultureInfo.InvariantCulture));
            default:
                return default;
        }
    }

    // After a gap of one stream: the other streams' places in the token stay as the reader was last told.
    private ReadOnlySpan<byte> PositionId(Cursor cursor)
    {
        if (!Array.Exists(_cursors, static c => c.HasGap) && _rare is { } rare) rare.Held = null;
        if (_request.Ids != WireIds.Token) return PositionId();
        SetToken(cursor);
        return _rare?.Held ?? _token!.Text;
    }

    // What stands at the end of an event that has no position of its own, without garbage.
    private void AppendPosition(FrameBuffer to)
    {
        if (_request.Ids == WireIds.Position && _cursors.Length > 0 && _rare?.Held is null)
        {
            var position = _cursors[0].Position;
            to.Append("id: "u8);
            ControlFrames.Number(to, position.Offset);
            to.Append("-"u8);
            to.Advance(Encoding.ASCII.GetBytes(position.Epoch, to.GetSpan(StreamPosition.MaxEpochLength)));
            to.Append("\n\n"u8);
            return;
        }
        ControlFrames.Finish(to, PositionId());
    }

    // The last event id that the reader came with, as far as an id line can repeat it.
    private byte[] GivenId() => _request is { Ids: not WireIds.None, RepeatableLastEventId: { } id } ? Encoding.ASCII.GetBytes(id) : [];
}
