using System.Numerics;

namespace AkkaSse.LoadRig.Measure;

/// <summary>Durations in nanoseconds, in buckets of 1/64 of a power of two: any percentile within 1.6 %, without storing the
/// values.</summary>
internal sealed class Histogram
{
    private const int SubBits = 6;
    private const int Sub = 1 << SubBits;

    private readonly long[] _buckets = new long[(64 - SubBits + 1) * Sub];
    private long _max;
    private double _sum;

    internal long Count { get; private set; }

    internal double Mean => Count == 0 ? 0 : _sum / Count;

    internal long Max => _max;

    internal void Add(long value)
    {
        if (value < 0) value = 0;
        _buckets[BucketOf(value)]++;
        Count++;
        _sum += value;
        if (value > _max) _max = value;
    }

    /// <summary>The value that the given part of all values does not exceed; 0 when there are none.</summary>
    internal long Percentile(double part)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(part * Count));
        long seen = 0;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted && Count > 0) return Math.Min(_max, MiddleOf(i));
        }
        return 0;
    }

    internal void Clear()
    {
        Array.Clear(_buckets);
        Count = 0;
        _max = 0;
        _sum = 0;
    }

    private static int BucketOf(long value)
    {
        if (value < Sub) return (int)value;
        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) & (Sub - 1));
    }

    private static long MiddleOf(int bucket)
    {
        if (bucket < Sub) return bucket;
        var shift = (bucket >> SubBits) - 1;
        return ((long)(Sub + (bucket & (Sub - 1))) << shift) + ((1L << shift) >> 1);
    }
}
