using AkkaSse.Hub;
using AkkaSse.Hub.Streams;
using BenchmarkDotNet.Attributes;

namespace AkkaSse.Benchmarks;

/// <summary>The log itself: appending with retention at work, and finding an offset in a full log.</summary>
[MemoryDiagnoser]
public class LogBenchmarks : IChecked
{
    private const int Batch = 1_000;
    private const int Retained = 100_000;
    private const long At = 1_700_000_000_000;

    private readonly byte[] _head = System.Text.Encoding.UTF8.GetBytes($"event: created\ndata: {new string('x', 200)}\n");
    private readonly long[] _offsets = new long[Batch];
    private StreamLog _log = null!;
    private StreamLog _full = null!;

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup()
    {
        _log = NewLog(10_000);
        _full = NewLog(Retained);
        Fill(_log, 20_000);
        Fill(_full, 2 * Retained);
        Answer.MustBe(_log.Count, 10_000L);
        Answer.MustBe(_log.Head.Offset, 20_000L);
        Answer.MustBe(_full.First, (long)Retained + 1);
        var random = new Random(1);
        for (var i = 0; i < _offsets.Length; i++) _offsets[i] = _full.First + random.NextInt64(Retained);
        Answer.MustBe(Append(), 20_000L + Batch);
        Answer.MustBe(Seek(), Batch);
    }

    /// <summary>Events appended to a log that drops as many.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public long Append()
    {
        Fill(_log, Batch);
        return _log.Head.Offset;
    }

    /// <summary>Random offsets among 100 000 retained events.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int Seek()
    {
        var found = 0;
        var generation = _full.Current!;
        foreach (var offset in _offsets)
        {
            var place = offset;
            if (_full.Seek(generation, ref place, out var chunk, out var frame) == SeekResult.Found
                && chunk!.BaseOffset + chunk.Index![frame].OffsetDelta == offset) found++;
        }
        return found;
    }

    private static StreamLog NewLog(long events)
    {
        var log = new StreamLog(new StreamOptions { MaxEvents = events, MaxAge = TimeSpan.FromDays(10_000) }, new LogBudget(1L << 30));
        log.Begin("m1", 0, 0, 0);
        return log;
    }

    private void Fill(StreamLog log, int events)
    {
        for (var i = 0; i < events; i++) log.Append(new LogFrame { Head = _head, Type = "created", At = At }, out _);
    }
}
