using System.Buffers;
using System.IO.Pipelines;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// What was sent to one client and is not written yet: live-only, in order, without ids. Empty it holds nothing. Bounded: beyond it a send is refused, never lost in silence.
/// </summary>
internal sealed class Inbox
{
    /// <summary>Full when it holds this many bytes and <see cref="MaxEvents"/> events.</summary>
    internal const int MaxBytes = 1 << 20;

    /// <summary>See <see cref="MaxBytes"/>.</summary>
    internal const int MaxEvents = 1_024;

    /// <summary>Full at this many bytes however few the events are: 1 024 events of 1 MiB would be a gigabyte per client.</summary>
    internal const int HardBytes = 16 << 20;

    /// <summary>The closed inbox of every connection that has ended without one.</summary>
    internal static readonly Inbox Ended = new() { _closed = true };

    private readonly Lock _gate = new();
    private byte[]? _bytes;
    private int _start;
    private int _end;

    // How many events are held, the size of the oldest and how much of it is out already. The sizes of the others are in a queue of their own: almost always there is one event, and a queue per send would be
    // garbage.
    private int _events;
    private int _oldest;
    private int _cut;
    private Queue<int>? _later;
    private bool _closed;

    /// <summary>True when there may be something to write.</summary>
    internal bool HasData => Volatile.Read(ref _end) != 0;

    /// <summary>Adds an event: its encoded fields and the closing blank line.</summary>
    /// <returns>Null when the connection has ended; false when the inbox is full.</returns>
    internal bool? TryAdd(ReadOnlySpan<byte> head, bool closeWithBlankLine)
    {
        lock (_gate)
        {
            if (_closed) return null;
            var size = head.Length + (closeWithBlankLine ? 1 : 0);
            var held = _end - _start + size;
            if ((held > MaxBytes && _events >= MaxEvents) || held > HardBytes) return false;
            Ensure(size);
            head.CopyTo(_bytes.AsSpan(_end));
            if (closeWithBlankLine) _bytes![_end + head.Length] = (byte)'\n';
            if (_events++ == 0) _oldest = size;
            else (_later ??= new Queue<int>()).Enqueue(size);
            Volatile.Write(ref _end, _end + size);
            return true;
        }
    }

    /// <summary>Moves at most <paramref name="max"/> bytes into the response. After a cut inside an event nothing else may be written before the rest.</summary>
    internal int Drain(PipeWriter output, int max, out bool atBoundary)
    {
        lock (_gate)
        {
            atBoundary = true;
            if (_bytes is null) return 0;
            var count = Math.Min(max, _end - _start);
            var left = _bytes.AsSpan(_start, count);
            output.Write(left);
            _start += count;
            if (_start < _end)
            {
                _cut += count;
                for (; _oldest <= _cut; _events--)
                {
                    _cut -= _oldest;
                    _oldest = _later!.Dequeue();
                }
                atBoundary = _cut == 0;
                return count;
            }
            Release();
            return count;
        }
    }

    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            if (_bytes is not null) Release();
        }
    }

    private void Release()
    {
        ArrayPool<byte>.Shared.Return(_bytes!);
        _bytes = null;
        _start = 0;
        _events = 0;
        _later = null;
        _cut = 0;
        Volatile.Write(ref _end, 0);
    }

    private void Ensure(int size)
    {
        if (_bytes is null)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(512, size));
            return;
        }
        if (_bytes.Length - _end >= size) return;
        var held = _end - _start;
        var to = held + size <= _bytes.Length && _start > 0 ? _bytes : ArrayPool<byte>.Shared.Rent(Math.Max(held + size, _bytes.Length * 2));
        _bytes.AsSpan(_start, held).CopyTo(to);
        if (!ReferenceEquals(to, _bytes)) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = to;
        _start = 0;
        _end = held;
    }
}
