using System.Globalization;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;

namespace AkkaSse.Hub.Clients;

/// <summary>Reads a connection's last event id once, and says for each of its streams where the reader starts.</summary>
internal sealed class ReaderStarts
{
    private readonly SubscribeRequest _request;
    private readonly string? _id;
    private readonly Dictionary<ulong, TokenPosition>? _token;
    private readonly StreamPosition? _position;
    private readonly long? _decimal;

    internal ReaderStarts(SubscribeRequest request)
    {
        _request = request;
        _id = string.IsNullOrEmpty(request.LastEventId) ? null : request.LastEventId;
        if (_id is null) return;
        if (StreamPosition.TryParse(_id, out var position)) _position = position;
        else if (CursorToken.TryParse(_id, out var token)) _token = token;
        if (request.Ids == WireIds.Decimal && _id.Length <= 19
            && long.TryParse(_id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            _decimal = number;
    }

    internal ReaderStart For(string stream, StartPosition? own, StreamLog log, IReadOnlyDictionary<string, StreamPosition>? kept)
    {
        var isInternal = HubNames.IsInternal(stream);
        var wish = isInternal ? StartPosition.Latest : own ?? _request.Since ?? StartPosition.Latest;
        var fallback = own ?? _request.Since ?? StartPosition.Earliest;
        if (_id is null)
        {
            return kept is not null && kept.TryGetValue(stream, out var position)
                ? new ReaderStart(StartPosition.After(position), false, fallback)
                : new ReaderStart(wish, false, fallback);
        }
        if (_token is not null && _request.Ids != WireIds.Decimal)
        {
            // A token that does not know this stream: it was added to the connection since.
            return _token.TryGetValue(CursorToken.HashOf(stream), out var place)
                ? new ReaderStart(wish, false, fallback) { Token = place }
                : new ReaderStart(wish, false, fallback);
        }
        if (log.Options.Ids == StreamIds.Caller && log.Current is { } g && log.TryFindCallerId(_id, out var offset))
            return new ReaderStart(StartPosition.After(new StreamPosition(g.Epoch, offset)), false, fallback);
        if (_request.Ids == WireIds.Decimal && _decimal is { } number && log.Options.Ids != StreamIds.Caller)
            return new ReaderStart(wish, false, fallback) { Decimal = number };
        if (_position is { } p && (_request.Ids != WireIds.Token || NamedStreams == 1))
        {
            return isInternal ? new ReaderStart(wish, false, fallback) : new ReaderStart(StartPosition.After(p), false, fallback);
        }
        // No publisher can have given an id that is not allowed; an engine is not asked for it (PostgreSQL takes no NUL, for one).
        var lookup = log.Options.Ids == StreamIds.Caller && SseFieldRules.CheckId(_id) is null;
        return new ReaderStart(wish, true, fallback) { LookupId = lookup ? _id : null };
    }

    private int NamedStreams => _request.Streams.Count;
}
