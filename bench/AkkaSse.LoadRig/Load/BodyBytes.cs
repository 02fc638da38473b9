namespace AkkaSse.LoadRig.Load;

/// <summary>Takes the chunks off a response body (RFC 9112 section 7.1), in whatever pieces it comes.</summary>
internal struct BodyBytes
{
    private enum Place
    {
        Size,
        Extension,
        Data,
        AfterData,
        Ended,
    }

    private readonly bool _chunked;
    private Place _place;
    private long _left;

    internal BodyBytes(bool chunked)
    {
        _chunked = chunked;
        _place = Place.Size;
    }

    internal readonly bool Ended => _place == Place.Ended;

    /// <summary>The next run of body bytes in <paramref name="received"/>, which is advanced over them; empty when there is none
    /// left.</summary>
    internal ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> received)
    {
        if (!_chunked)
        {
            var all = received;
            received = default;
            return all;
        }
        while (received.Length > 0)
        {
            switch (_place)
            {
                case Place.Data:
                    var count = (int)Math.Min(received.Length, _left);
                    var run = received[..count];
                    received = received[count..];
                    _left -= count;
                    if (_left == 0) _place = Place.AfterData;
                    return run;
                case Place.Ended:
                    received = default;
                    return default;
                default:
                    Step(received[0]);
                    received = received[1..];
                    break;
            }
        }
        return default;
    }

    private void Step(byte c)
    {
        if (_place == Place.AfterData)
        {
            if (c == '\n') _place = Place.Size;
        }
        else if (c == '\n')
        {
            _place = _left == 0 ? Place.Ended : Place.Data;
        }
        else if (_place == Place.Size)
        {
            if (char.IsAsciiHexDigit((char)c)) _left = (_left << 4) + ((c & 15) + (c > '9' ? 9 : 0));
            else if (c != '\r') _place = Place.Extension;
        }
    }
}
