using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace AkkaSse.AspNetCore;

/// <summary>What a look for the next item has found.</summary>
internal enum BatchStep
{
    /// <summary>An item.</summary>
    Item,

    /// <summary>The body goes on after what was read.</summary>
    NeedData,

    /// <summary>The body is over.</summary>
    End,

    /// <summary>Nothing more can be read: see <see cref="BatchReader.Fault"/>.</summary>
    Broken,
}

/// <summary>
/// Takes items out of a body of JSON lines (objects with white space between them) or of one JSON array, as the body arrives. Holds one
/// block: the items of the current run and what was read after them. Items point into the block, so it moves only in
/// <see cref="FillAsync"/>.
/// </summary>
internal sealed class BatchReader : IDisposable
{
    private readonly PipeReader _pipe;
    private readonly BatchItemParser _parser;
    private readonly int _limit;
    private byte[] _block;
    private int _start, _end;
    private bool _completed;
    private long _byteBase, _lineBase;
    private State _state;

    private ItemScanner _scanner;
    private int _scanned;
    private bool _scanning, _discarding;

    public BatchReader(PipeReader pipe, BatchItemParser parser, long? length, int limit)
    {
        _pipe = pipe;
        _parser = parser;
        _limit = limit;
        _block = ArrayPool<byte>.Shared.Rent(
            (int)Math.Clamp(length ?? BatchLimits.DefaultBlock, BatchLimits.MinBlock, BatchLimits.RunBytes));
    }

    private enum State
    {
        Begin,
        Lines,
        ArrayFirst,
        ArrayNext,
        ArrayAfter,
        AfterArray,
    }

    /// <summary>Why nothing more can be read.</summary>
    public HubFault? Fault { get; private set; }

    /// <summary>Where that is.</summary>
    public BatchPosition FaultAt { get; private set; }

    /// <summary>
    /// Why no more of the body comes: it broke off on the level of HTTP (a chunk, the announced length, the data rate). Null while it goes
    /// on.
    /// </summary>
    public HubFault? Cut { get; private set; }

    /// <summary>The next item, if it was read whole.</summary>
    public BatchStep Next(out BatchEntry item)
    {
        item = default;
        if (_discarding) return Discard(ref item);
        while (true)
        {
            while (_start < _end && _block[_start] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') _start++;
            if (_start == _end) return !_completed ? BatchStep.NeedData : AtEnd();
            var b = _block[_start];
            switch (_state)
            {
                case State.Begin:
                    // A byte order mark, as some tools write.
                    if (b == 0xEF && _byteBase + _start == 0)
                    {
                        if (_end - _start < 3 && !_completed) return BatchStep.NeedData;
                        if (_block.AsSpan(_start, _end - _start).StartsWith("\uFEFF"u8))
                        {
                            _start += 3;
                            continue;
                        }
                    }
                    if (b != '[')
                    {
                        _state = State.Lines;
                        continue;
                    }
                    _state = State.ArrayFirst;
                    _start++;
                    continue;
                case State.ArrayAfter when b == ',':
                    _state = State.ArrayNext;
                    _start++;
                    continue;
                case State.ArrayFirst or State.ArrayAfter when b == ']':
                    _state = State.AfterArray;
                    _start++;
                    continue;
                case State.ArrayAfter:
                    return Broken(_start, "The body is no JSON: ',' or ']' is needed after an item.");
                case State.AfterArray:
                    return Broken(_start, "The body goes on after the end of the array.");
                default:
                    return b == '{' ? Item(out item) : Broken(_start, "The body is no batch: an item is a JSON object.");
            }
        }
    }

    /// <summary>Takes what has arrived and fits behind what was read. False when nothing does.</summary>
    public bool TryFill()
    {
        if (_end == _block.Length) return false;
        try
        {
            return _pipe.TryRead(out var result) && Take(result);
        }
        catch (Exception e) when (RequestBody.TryFault(e, out var fault))
        {
            Cut = fault;
            return true;
        }
    }

    /// <summary>Waits for more of the body. The items read so far must be done with: this moves the block.</summary>
    public async ValueTask FillAsync()
    {
        MakeRoom();
        try
        {
            while (!Take(await _pipe.ReadAsync().ConfigureAwait(false))) { }
        }
        catch (Exception e) when (RequestBody.TryFault(e, out var fault))
        {
            Cut = fault;
        }
    }

    /// <summary>True when the body had no byte so far.</summary>
    public bool IsEmpty => _byteBase + _end == 0;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_block);
        _block = [];
    }

    private bool Take(in ReadResult result)
    {
        var buffer = result.Buffer;
        var count = (int)Math.Min(buffer.Length, _block.Length - _end);
        var taken = buffer.Slice(0, count);
        taken.CopyTo(_block.AsSpan(_end));
        _completed = result.IsCompleted && count == buffer.Length;
        _end += count;
        _pipe.AdvanceTo(taken.End);
        return count > 0 || _completed;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _lineBase += _block.AsSpan(0, _start).Count((byte)'\n');
            _byteBase += _start;
            _block.AsSpan(_start, _end - _start).CopyTo(_block);
            _end -= _start;
            _start = 0;
        }

        if (_end < _block.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * _block.Length, _limit + 1L));
        _block.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }

    private BatchStep Item(out BatchEntry item)
    {
        var end = _end;
        var final = _completed;
        if (_scanning)
        {
            var found = _scanner.Scan(_block.AsSpan(_start + _scanned, _end - _start - _scanned));
            if (found >= 0)
            {
                end = _start + _scanned + found;
                final = true;
            }
            else
            {
                _scanned = _end - _start;
                // Of a broken object the break is said, of a whole one its size: so it is read once more.
                if (!final && _scanned <= _limit) return More(out item);
            }
        }

        try
        {
            if (_parser.TryParse(_block, _start, end, final, out item, out var length))
            {
                if (length > _limit) item = new BatchEntry { Fault = TooLarge() };
                item.Length = length;
                _start += length;
                Done();
                return BatchStep.Item;
            }
        }
        catch (JsonException e)
        {
            item = default;
            return Broken(Place(e), "The body is no JSON: " + Reason(e));
        }

        if (!_scanning)
        {
            _scanning = true;
            _scanner = default;
            _scanner.Scan(_block.AsSpan(_start, _end - _start));
            _scanned = _end - _start;
        }
        if (_scanned <= _limit) return More(out item);
        _discarding = true;
        _start = _end;
        return More(out item);
    }

    private static BatchStep More(out BatchEntry item)
    {
        item = default;
        return BatchStep.NeedData;
    }

    private BatchStep Discard(ref BatchEntry item)
    {
        var found = _scanner.Scan(_block.AsSpan(_start, _end - _start));
        if (found < 0)
        {
            _start = _end;
            return _completed ? Broken(_start, "The body ends inside an item.") : BatchStep.NeedData;
        }

        _start += found;
        Done();
        item = new BatchEntry { Fault = TooLarge() };
        return BatchStep.Item;
    }

    private HubFault TooLarge() =>
        new(413, HubErrorCodes.BodyTooLarge, $"The item has more than {_limit} bytes of JSON, which is what is allowed.");

    private void Done()
    {
        _scanning = _discarding = false;
        _scanned = 0;
        if (_state != State.Lines) _state = State.ArrayAfter;
    }

    private BatchStep AtEnd() => _state is State.ArrayFirst or State.ArrayNext or State.ArrayAfter
        ? Broken(_start, "The body ends inside the array.")
        : BatchStep.End;

    private BatchStep Broken(int at, string what)
    {
        FaultAt = new BatchPosition(_lineBase + 1 + _block.AsSpan(0, at).Count((byte)'\n'), _byteBase + at);
        Fault = HubFault.Body($"{what} Line {FaultAt.Line}, byte {FaultAt.Byte} of the body; what follows was not read.");
        return BatchStep.Broken;
    }

    // The reader's own message ends with a position in the item, which is none in the body.
    private static string Reason(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }

    private int Place(JsonException e)
    {
        var at = _start;
        for (var line = e.LineNumber ?? 0; line > 0; line--)
        {
            var feed = _block.AsSpan(at, _end - at).IndexOf((byte)'\n');
            if (feed < 0) break;
            at += feed + 1;
        }
        return (int)Math.Min(_end, at + (e.BytePositionInLine ?? 0));
    }
}
