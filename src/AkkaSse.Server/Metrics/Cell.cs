namespace AkkaSse.Server.Metrics;

/// <summary>A sum that many threads add to. Striped, so that deliveries on several cores do not share one cache line.</summary>
internal sealed class Cell
{
    // 16 longs are 128 bytes: two cache lines, because processors fetch them in pairs.
    private const int Stride = 16;
    private const int Stripes = 8;

    private readonly long[] _whole = new long[Stride * Stripes];
    private double _fraction;

    internal double Value
    {
        get
        {
            var sum = Volatile.Read(ref _fraction);
            for (var i = 0; i < Stripes; i++) sum += Interlocked.Read(ref _whole[i * Stride]);
            return sum;
        }
    }

    internal void Add(long value) => Interlocked.Add(ref _whole[(Thread.GetCurrentProcessorId() & (Stripes - 1)) * Stride], value);

    internal void Add(double value)
    {
        double seen;
        do
        {
            seen = Volatile.Read(ref _fraction);
        }
        while (Interlocked.CompareExchange(ref _fraction, seen + value, seen) != seen);
    }

    internal void Set(double value)
    {
        for (var i = 0; i < Stripes; i++) Interlocked.Exchange(ref _whole[i * Stride], 0);
        Interlocked.Exchange(ref _fraction, value);
    }
}
