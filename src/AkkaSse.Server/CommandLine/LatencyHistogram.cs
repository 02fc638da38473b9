using System.Numerics;

namespace AkkaSse.Server.CommandLine;

/// <summary>Latencies in buckets of 1/16 of their size, so that a percentile is right within 7 %. Thread-safe, bounded.</summary>
internal sealed class LatencyHistogram
{
    private const int Fine = 16;
    private readonly long[] _buckets = new long[64 * Fine];
    private long _count;

    internal long Count => Interlocked.Read(ref _count);

    /// <summary>Adds one latency; below 16 µs they are one and the same to a network.</summary>
    internal void Add(TimeSpan latency)
    {
        Interlocked.Increment(ref _buckets[Index((ulong)Math.Max(0, latency.Ticks / TimeSpan.TicksPerMicrosecond))]);
        Interlocked.Increment(ref _count);
    }

    /// <summary>The latency that this part of all stays within, 0 to 1.</summary>
    internal TimeSpan Percentile(double part)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(Count * part));
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += Interlocked.Read(ref _buckets[i]);
            if (seen >= wanted) return TimeSpan.FromMicroseconds(Upper(i));
        }
        return TimeSpan.Zero;
    }

    private static int Index(ulong microseconds)
    {
        if (microseconds < Fine) return (int)microseconds;
        var exponent = BitOperations.Log2(microseconds) - 4;
        return ((exponent + 1) * Fine) + (int)((microseconds >> exponent) & (Fine - 1));
    }

    private static double Upper(int index) => index < Fine ? index : (((ulong)(index % Fine) + Fine + 1) << ((index / Fine) - 1)) - 1;
}
