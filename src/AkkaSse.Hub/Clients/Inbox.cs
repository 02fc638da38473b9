using System.Buffers;
using System.IO.Pipelines;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// What was sent to one client and is not written yet: live-only, in order, without ids of its own. Empty it holds nothing. Bounded: beyond
/// it a send is refused, never lost in silence.
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

    // How many events are held, the size of the oldest and how much of it is out already. The sizes of the others are in a queue of their
    // own: almost always there is one event, and a queue per send would be garbage.
    private int _events;
    private Held _oldest;
    private int _cut;
    private Queue<Held>? _later;
    private bool _closed;

    /// <summary>True when there may be something to write.</summary>
    internal bool HasData => Volatile.Read(ref _end) != 0;

    /// <summary>Adds an event: its encoded fields, without an id line and without the blank line.</summary>
    /// <param name="head">The fields.</param>
    /// <param name="dispatched">True for an event with data: the end of an event is written behind it.</param>
    /// <returns>Null when the connection has ended; false when the inbox is full.</returns>
    internal bool? TryAdd(ReadOnlySpan<byte> head, bool dispatched)
    {
        lock (_gate)
        {
            if (_closed) return null;
            var size = head.Length;
            var held = _end - _start + size;
            if ((held > MaxBytes && _events >= MaxEvents) || held > HardBytes) return false;
            Ensure(size);
            head.CopyTo(_bytes.AsSpan(_end));
            var one = new Held(size, dispatched);
            if (_events++ == 0) _oldest = one;
            else (_later ??= new Queue<Held>()).Enqueue(one);
            Volatile.Write(ref _end, _end + size);
            return true;
        }
    }

    /// <summary>
    /// Moves about <paramref name="max"/> bytes into the response. After a cut inside an event nothing else may be written before the rest.
    /// </summary>
    /// <param name="output">The response.</param>
    /// <param name="max">At most so many bytes of events, besides the end of the last.</param>
    /// <param name="tail">What ends an event: the line of the connection's position, if it has one, and the blank line.</param>
    /// <param name="atBoundary">False after a cut.</param>
    internal int Drain(PipeWriter output, int max, ReadOnlySpan<byte> tail, out bool atBoundary)
    {
        lock (_gate)
        {
            atBoundary = true;
            var written = 0;
            while (_events > 0 && written < max)
            {
                var left = _oldest.Size - _cut;
                var count = Math.Min(left, max - written);
                output.Write(_bytes.AsSpan(_start, count));
                _start += count;
                written += count;
                if (count < left)
                {
                    _cut += count;
                    atBoundary = false;
                    return written;
                }
                if (_oldest.Dispatched)
                {
                    output.Write(tail);
                    written += tail.Length;
                }
                _cut = 0;
                if (--_events > 0) _oldest = _later!.Dequeue();
            }
            if (_events == 0 && _bytes is not null) Release();
            return written;
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
        var to = held + size <= _bytes.Length && _start > 0
            ? _bytes
            : ArrayPool<byte>.Shared.Rent(Math.Max(held + size, _bytes.Length * 2));
        _bytes.AsSpan(_start, held).CopyTo(to);
        if (!ReferenceEquals(to, _bytes)) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = to;
        _start = 0;
        _end = held;
    }

    private readonly record struct Held(int Size, bool Dispatched);
}
