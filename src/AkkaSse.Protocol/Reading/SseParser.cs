using System.Buffers;

namespace AkkaSse.Protocol;

/// <summary>
/// Reads an event stream piece by piece, exactly as WHATWG HTML sections 9.2.5 and 9.2.6 say.
/// </summary>
/// <remarks>
/// How the bytes are cut into pieces never changes the result, and each item is given out at the earliest byte that completes it (a CR
/// ends its line at once; an LF after it, even in the next piece, is swallowed). Memory is bounded by <see cref="SseParserOptions"/>
/// whatever arrives, and no input makes it throw. For one caller at a time; independent parsers are independent.
/// </remarks>
public sealed class SseParser
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';

    private readonly SseParserOptions _options;
    private readonly SseBlock _block;
    private ByteBuffer _line = new();
    private string _lastEventId = "";
    private int _bomMatched;
    private bool _started;
    private bool _swallowLf;
    private bool _lineTooLong;

    /// <summary>Creates a parser that stands before the first byte of a connection.</summary>
    /// <param name="options">Bounds and what to report; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public SseParser(SseParserOptions? options = null)
    {
        _options = options ?? new SseParserOptions();
        _options.Validate();
        _block = new SseBlock(_options);
    }

    /// <summary>
    /// The last event id string: what a reconnecting reader sends as <c>Last-Event-ID</c>. Changes at a blank line only, so an event that
    /// was cut off never counts. It can be set before the first byte of a connection.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set after bytes of this connection were read.</exception>
    /// <exception cref="ArgumentException">Set to text with CR, LF or NUL, which no id can contain.</exception>
    public string LastEventId
    {
        get => _lastEventId;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            if (_started)
            {
                throw new InvalidOperationException(
                    "Bytes of this connection were read; the last event id can be set before them, or after Reset.");
            }

            if (SseFieldRules.BreaksLine(value))
            {
                throw new ArgumentException("The last event id contains CR, LF or NUL; any other text is allowed.", nameof(value));
            }

            _lastEventId = value;
        }
    }

    /// <summary>Prepares for a new connection: forgets everything unfinished, keeps <see cref="LastEventId"/>.</summary>
    public void Reset()
    {
        _block.Clear();
        _line.Clear();
        _bomMatched = 0;
        _started = false;
        _swallowLf = false;
        _lineTooLong = false;
    }

    /// <summary>Reads the next item.</summary>
    /// <param name="buffer">
    /// The bytes that follow those of earlier calls. What was used is cut off its front; when the result is false nothing remains, because
    /// the parser itself keeps what it needs of an unfinished line.
    /// </param>
    /// <param name="item">The item, when the result is true.</param>
    /// <returns>True when an item was found; call again with the same buffer. False when more bytes are needed.</returns>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out SseItem item)
    {
        var position = buffer.Start;
        var before = 0L;
        while (buffer.TryGet(ref position, out var memory))
        {
            if (ReadSegment(memory.Span, out var used, out item))
            {
                buffer = buffer.Slice(before + used);
                return true;
            }

            before += memory.Length;
        }

        buffer = buffer.Slice(buffer.End);
        item = default;
        return false;
    }

    private bool ReadSegment(ReadOnlySpan<byte> segment, out int used, out SseItem item)
    {
        used = StripByteOrderMark(segment);
        var found = false;
        item = default;
        while (!found && used < segment.Length)
        {
            if (_swallowLf)
            {
                _swallowLf = false;
                if (segment[used] == Lf)
                {
                    used++;
                    continue;
                }
            }

            var start = used;
            var length = segment[start..].IndexOfAny(Cr, Lf);
            if (length < 0)
            {
                used = segment.Length;
                found = KeepLineStart(segment[start..], out item);
            }
            else
            {
                used = start + length + 1;
                _swallowLf = segment[used - 1] == Cr;
                found = EndLine(segment, start, length, out item);
            }
        }

        // The data of an unfinished event may still lie in this segment, which is the caller's after this.
        _block.LeaveSegment(segment);
        return found;
    }

    private bool KeepLineStart(ReadOnlySpan<byte> bytes, out SseItem item)
    {
        item = default;
        if (_lineTooLong)
        {
            return false;
        }

        if (IsTooLong(bytes.Length))
        {
            _lineTooLong = true;
            return SkipLongLine(out item);
        }

        _line.Append(bytes);
        return false;
    }

    private bool EndLine(ReadOnlySpan<byte> segment, int start, int length, out SseItem item)
    {
        item = default;
        if (_lineTooLong)
        {
            _lineTooLong = false;
            return false;
        }

        if (IsTooLong(length))
        {
            return SkipLongLine(out item);
        }

        if (_line.Length == 0)
        {
            return length == 0
                ? _block.TryDispatch(segment, ref _lastEventId, out item)
                : _block.AddLine(segment, start, length, out item);
        }

        _line.Append(segment.Slice(start, length));
        var found = _block.AddLine(segment, ref _line, out item);
        _line.Clear();
        return found;
    }

    private bool IsTooLong(int more) => (long)_line.Length + more > _options.MaxLineBytes;

    private bool SkipLongLine(out SseItem item)
    {
        _line.Clear();

        // One more than the bound, not what happens to have arrived: the result must not depend on how the bytes were cut.
        return _block.Skip(SseLimit.Line, _options.MaxLineBytes, _options.MaxLineBytes + 1L, out item);
    }

    // The mark may be cut anywhere, so its bytes are held back until they are known to be one.
    private int StripByteOrderMark(ReadOnlySpan<byte> segment)
    {
        var mark = "\uFEFF"u8;
        var used = 0;
        while (_bomMatched < mark.Length && used < segment.Length)
        {
            _started = true;
            if (segment[used] != mark[_bomMatched])
            {
                _line.Append(mark[.._bomMatched]);
                _bomMatched = mark.Length;
                break;
            }

            used++;
            _bomMatched++;
        }

        return used;
    }
}
