using System.Text;

namespace AkkaSse.Protocol;

/// <summary>The event being read: what the lines since the last blank line have said (WHATWG HTML section 9.2.6).</summary>
internal sealed class SseBlock(SseParserOptions options)
{
    // A custom field costs two strings and a list entry beside its text; without a charge for them, a megabyte of "a" lines
    // would hold some 40 MB.
    private const int FieldOverheadBytes = 64;

    // Types repeat; comparing beats making the same string again. Longer ones are not worth keeping.
    private const int CachedTypeBytes = 128;

    private readonly long _maxRetry = options.MaxRetry.Ticks / TimeSpan.TicksPerMillisecond;

    // The data lies in one of two places: the first line, while the segment it came in is at hand, only there (_spanStart, _dataBytes);
    // else in _data from _dataStart on.
    private ByteBuffer _data = new();
    private int _dataStart;
    private int _spanStart = -1;
    private bool _hasData;
    private int _dataBytes;

    private string? _type;
    private int _typeBytes;
    private string? _id;
    private int _idBytes;
    private TimeSpan? _retry;
    private List<KeyValuePair<string, string>>? _fields;
    private long _fieldBytes;
    private bool _skipping;

    private byte[] _lastTypeBytes = [];
    private string? _lastType;

    /// <summary>Takes a line that lies whole in the segment.</summary>
    public bool AddLine(ReadOnlySpan<byte> segment, int start, int length, out SseItem item)
    {
        var line = segment.Slice(start, length);
        var name = Split(line, out var value, out var valueStart);
        if (!IsData(name))
        {
            return AddOther(line, name, value, out item);
        }

        if (_skipping)
        {
            item = default;
            return false;
        }

        if (!_hasData)
        {
            _spanStart = start + valueStart;
            return CountData(value.Length, out item);
        }

        LeaveSegment(segment);
        return AppendData(value, out item);
    }

    /// <summary>Takes a line that was put together from several pieces. Its buffer may be exchanged for another, to save a copy.</summary>
    public bool AddLine(ReadOnlySpan<byte> segment, ref ByteBuffer buffer, out SseItem item)
    {
        var line = buffer.Span;
        var name = Split(line, out var value, out var valueStart);
        if (!IsData(name))
        {
            return AddOther(line, name, value, out item);
        }

        if (_skipping)
        {
            item = default;
            return false;
        }

        if (!_hasData)
        {
            (buffer, _data) = (_data, buffer);
            _dataStart = valueStart;
            return CountData(value.Length, out item);
        }

        LeaveSegment(segment);
        return AppendData(value, out item);
    }

    /// <summary>Ends the block at its blank line.</summary>
    public bool TryDispatch(ReadOnlySpan<byte> segment, ref string lastEventId, out SseItem item)
    {
        if (_id is not null)
        {
            lastEventId = _id;
        }

        var dispatch = _hasData && !_skipping;
        item = dispatch
            ? SseItem.Of(new SseEvent
            {
                Type = _type,
                Id = _id,
                Data = Encoding.UTF8.GetString(_spanStart >= 0 ? segment.Slice(_spanStart, _dataBytes) : _data.Span[_dataStart..]),
                Retry = _retry,
                Fields = _fields is null ? [] : _fields,
                LastEventId = lastEventId,
            })
            : default;
        Clear();
        return dispatch;
    }

    /// <summary>Drops the event from here to its blank line, once with an error. The id is still followed.</summary>
    public bool Skip(SseLimit limit, int limitBytes, long bytesSeen, out SseItem item)
    {
        if (_skipping)
        {
            item = default;
            return false;
        }

        DropContent();
        _skipping = true;
        item = SseItem.Of(new SseLimitExceeded(limit, limitBytes, bytesSeen));
        return true;
    }

    /// <summary>Copies what still lies only in the segment.</summary>
    public void LeaveSegment(ReadOnlySpan<byte> segment)
    {
        if (_spanStart < 0)
        {
            return;
        }

        _data.Append(segment.Slice(_spanStart, _dataBytes));
        _spanStart = -1;
    }

    public void Clear()
    {
        DropContent();
        _id = null;
        _idBytes = 0;
        _retry = null;
        _skipping = false;
    }

    private void DropContent()
    {
        _data.Clear();
        _dataStart = 0;
        _spanStart = -1;
        _hasData = false;
        _dataBytes = 0;
        _type = null;
        _typeBytes = 0;
        _fields = null;
        _fieldBytes = 0;
    }

    private static bool IsData(ReadOnlySpan<byte> name) => name.SequenceEqual("data"u8);

    /// <summary>
    /// The name of a line, its value, and where the value begins. A comment has the empty name; a line without a colon is all name.
    /// </summary>
    private static ReadOnlySpan<byte> Split(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> value, out int valueStart)
    {
        var colon = line.IndexOf((byte)':');
        if (colon < 0)
        {
            value = default;
            valueStart = line.Length;
            return line;
        }

        valueStart = colon + 1;
        if (valueStart < line.Length && line[valueStart] == ' ')
        {
            valueStart++;
        }

        value = line[valueStart..];
        return line[..colon];
    }

    private bool AppendData(ReadOnlySpan<byte> value, out SseItem item)
    {
        if (EventBytes + 1 + value.Length <= options.MaxEventBytes)
        {
            _data.Append((byte)'\n');
            _data.Append(value);
        }

        return CountData(value.Length + 1, out item);
    }

    private bool CountData(int bytes, out SseItem item)
    {
        _hasData = true;
        _dataBytes += bytes;
        return CheckSize(out item);
    }

    private bool AddOther(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, out SseItem item)
    {
        item = default;
        if (line[0] == ':')
        {
            if (options.ReportComments)
            {
                item = SseItem.Of(Encoding.UTF8.GetString(value));
            }

            return options.ReportComments;
        }

        if (name.SequenceEqual("id"u8))
        {
            return AddId(value, out item);
        }

        if (name.SequenceEqual("retry"u8))
        {
            return AddRetry(value, out item);
        }

        if (_skipping)
        {
            return false;
        }

        if (name.SequenceEqual("event"u8))
        {
            _type = TypeOf(value);
            _typeBytes = value.Length;
            return CheckSize(out item);
        }

        if (!options.ReportFields)
        {
            return false;
        }

        _fieldBytes += name.Length + value.Length + FieldOverheadBytes;
        if (EventBytes <= options.MaxEventBytes)
        {
            (_fields ??= []).Add(new(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value)));
        }

        return CheckSize(out item);
    }

    private bool AddId(ReadOnlySpan<byte> value, out SseItem item)
    {
        item = default;
        if (value.Contains((byte)0))
        {
            return false;
        }

        _id = Encoding.UTF8.GetString(value);
        _idBytes = value.Length;
        return CheckSize(out item);
    }

    private bool AddRetry(ReadOnlySpan<byte> value, out SseItem item)
    {
        item = default;
        if (value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var milliseconds = 0L;
        foreach (var digit in value)
        {
            milliseconds = Math.Min((milliseconds * 10) + (digit - '0'), _maxRetry);
        }

        _retry = TimeSpan.FromMilliseconds(milliseconds);
        item = SseItem.Of(_retry.Value);
        return true;
    }

    private string? TypeOf(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return null;
        }

        if (_lastType is not null && value.SequenceEqual(_lastTypeBytes))
        {
            return _lastType;
        }

        var type = Encoding.UTF8.GetString(value);
        if (value.Length <= CachedTypeBytes)
        {
            _lastTypeBytes = value.ToArray();
            _lastType = type;
        }

        return type;
    }

    private long EventBytes => (long)_dataBytes + _typeBytes + _idBytes + _fieldBytes;

    private bool CheckSize(out SseItem item)
    {
        if (EventBytes > options.MaxEventBytes)
        {
            return Skip(SseLimit.Event, options.MaxEventBytes, EventBytes, out item);
        }

        item = default;
        return false;
    }
}
