using AkkaSse.LoadRig.Measure;

namespace AkkaSse.LoadRig.Load;

/// <summary>
/// What every reader got in a phase: a bit per reader and event. Finds losses, duplicates, events out of order (per publisher, because
/// requests of
/// several publishers overtake each other on their way), and readers that saw another order than the others.
/// </summary>
internal sealed class Ledger
{
    // 2 GiB of bits: a thousand readers with sixteen million events.
    private const long MaxBytes = 2L << 30;

    private readonly RigPlan _plan;
    private readonly int _words;
    private readonly ulong[] _bits;
    private readonly long[] _newest;
    private readonly int[] _received;
    private readonly bool[] _disagrees;
    private readonly List<int>[] _order;
    private readonly long[] _base;

    internal Ledger(RigPlan plan)
    {
        _plan = plan;
        _words = (int)((plan.MaxEventsPerStream + 63) / 64);
        if ((long)plan.Connections * _words * 8 > MaxBytes)
            throw new RigException("Connections times events are more than 2 GiB of check bits; take fewer.");
        _bits = new ulong[(long)plan.Connections * _words];
        _newest = new long[plan.Connections * plan.Publishers];
        _received = new int[plan.Connections];
        _disagrees = new bool[plan.Connections];
        _order = new List<int>[plan.Streams];
        for (var i = 0; i < _order.Length; i++) _order[i] = [];
        _base = new long[plan.Streams];
    }

    internal Histogram Latency { get; } = new();

    internal long Deliveries { get; private set; }

    internal long Duplicates { get; private set; }

    internal long OutOfOrder { get; private set; }

    internal long Malformed { get; set; }

    /// <summary>Events of an earlier phase that came late.</summary>
    internal long Late { get; private set; }

    internal long LastAt { get; private set; }

    internal int Disagreeing => _disagrees.Count(static d => d);

    /// <summary>Deliveries to readers of which <see cref="Reader.IsStalled"/> is true; they count for no latency.</summary>
    internal long StalledDeliveries { get; private set; }

    internal int Received(int reader) => _received[reader];

    /// <summary>Forgets what was; events from these numbers on count.</summary>
    internal void Begin(ReadOnlySpan<long> next)
    {
        next.CopyTo(_base);
        Array.Clear(_bits);
        Array.Fill(_newest, -1);
        Array.Clear(_received);
        Array.Clear(_disagrees);
        foreach (var order in _order) order.Clear();
        Latency.Clear();
        Deliveries = StalledDeliveries = Duplicates = OutOfOrder = Malformed = Late = LastAt = 0;
    }

    internal void Record(Reader reader, in Stamp stamp, long now)
    {
        var number = stamp.Number - _base[reader.Stream];
        if (number < 0)
        {
            Late++;
            return;
        }
        if (number >= (long)_words * 64 || stamp.Stream != reader.Stream || stamp.Publisher >= _plan.Publishers)
        {
            Malformed++;
            return;
        }
        ref var word = ref _bits[((long)reader.Number * _words) + (number >> 6)];
        var bit = 1UL << (int)(number & 63);
        if ((word & bit) != 0)
        {
            Duplicates++;
            return;
        }
        word |= bit;
        ref var newest = ref _newest[(reader.Number * _plan.Publishers) + stamp.Publisher];
        if (stamp.Number < newest) OutOfOrder++;
        else newest = stamp.Number;
        _received[reader.Number]++;
        LastAt = now;
        if (reader.IsStalled)
        {
            StalledDeliveries++;
            return;
        }
        CheckOrder(reader, (int)number);
        Deliveries++;
        // What was sent before a reader came is late from its coming on.
        Latency.Add(now - Math.Max(stamp.Time, reader.OpenedAt));
    }

    // The first reader that has n events of a stream defines which was the n-th. A reader that lost one differs from then on, and is
    // counted once.
    private void CheckOrder(Reader reader, int number)
    {
        var at = _received[reader.Number] - 1;
        var order = _order[reader.Stream];
        if (at == order.Count) order.Add(number);
        else if (order[at] != number) _disagrees[reader.Number] = true;
    }
}
