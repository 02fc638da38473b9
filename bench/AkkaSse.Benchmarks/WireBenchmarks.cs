using System.Buffers;
using AkkaSse.Protocol;
using BenchmarkDotNet.Attributes;

namespace AkkaSse.Benchmarks;

/// <summary>Encoding an event as a publish does, once per node.</summary>
[MemoryDiagnoser]
public class EncodeBenchmarks : IChecked
{
    private readonly ArrayBufferWriter<byte> _output = new(64 << 10);
    private SseEvent _text = null!;
    private SseEvent _bytes = null!;

    /// <summary>Bytes of data.</summary>
    [Params(200, 4096)]
    public int Size { get; set; }

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup()
    {
        var data = new string('x', Size);
        _text = new SseEvent { Type = "created", Data = data };
        _bytes = new SseEvent { Type = "created", DataBytes = System.Text.Encoding.UTF8.GetBytes(data) };
        var expected = $"event: created\ndata: {data}\n".Length;
        Answer.MustBe(Text(), expected);
        Answer.MustBe(Bytes(), expected);
    }

    /// <summary>Data given as text.</summary>
    [Benchmark]
    public int Text() => Encode(_text);

    /// <summary>Data given as bytes.</summary>
    [Benchmark(Baseline = true)]
    public int Bytes() => Encode(_bytes);

    private int Encode(SseEvent e)
    {
        _output.ResetWrittenCount();
        SseEncoder.WriteHead(_output, e);
        return _output.WrittenCount;
    }
}

/// <summary>Parsing a stream of events as the client does.</summary>
[MemoryDiagnoser]
public class ParseBenchmarks : IChecked
{
    private const int Events = 1_000;

    private readonly SseParser _parser = new();
    private byte[] _stream = [];

    /// <summary>Bytes of data.</summary>
    [Params(200, 4096)]
    public int Size { get; set; }

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup()
    {
        var output = new ArrayBufferWriter<byte>();
        for (var i = 1; i <= Events; i++) SseEncoder.Write(output,
            new SseEvent { Type = "created", Id = $"{i}-m1", Data = new string('x', Size) });
        _stream = output.WrittenSpan.ToArray();
        Answer.MustBe(Parse(), Events);
        Answer.MustBe(_parser.LastEventId, $"{Events}-m1");
    }

    /// <summary>A thousand events in one buffer.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Parse()
    {
        _parser.Reset();
        var bytes = new ReadOnlySequence<byte>(_stream);
        var events = 0;
        while (_parser.TryRead(ref bytes, out var item))
        {
            if (item.Kind == SseItemKind.Event && item.Event!.DataBytes!.Value.Length == Size) events++;
        }
        return events;
    }
}
