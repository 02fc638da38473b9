using System.Text;
using AkkaSse.Hub.Streams;
using BenchmarkDotNet.Attributes;

namespace AkkaSse.Benchmarks;

/// <summary>The cursor token of a connection that reads several streams: patched for every event, read once per connection.</summary>
[MemoryDiagnoser]
public class TokenBenchmarks : IChecked
{
    private const int Batch = 1_000;

    private CursorToken _token = null!;
    private string _text = "";
    private long _offset;
    private int _slot;
    private uint _tag;

    /// <summary>Streams of the connection.</summary>
    [Params(2, 32)]
    public int Streams { get; set; }

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup()
    {
        var names = Enumerable.Range(0, Streams).Select(static i => $"stream-{i}").ToArray();
        _token = new CursorToken(names);
        _tag = CursorToken.TagOf("m1");
        for (var i = 0; i < Streams; i++) _token.Set(_token.SlotOf(names[i]), _tag, 1_000_000 + i);
        _slot = _token.SlotOf(names[^1]);
        _offset = 1_000_000;
        Patch();
        _text = Encoding.ASCII.GetString(_token.Text);
        Answer.MustBe(Read(), Streams);
        Answer.MustBe(CursorToken.TryParse(_text, out var positions), true);
        Answer.MustBe(positions![CursorToken.HashOf(names[^1])], new TokenPosition(_tag, 1_000_000 + Batch));
        Answer.MustBe(CursorToken.TryParse(_text[..^1], out _), false);
    }

    /// <summary>One stream has moved on by one.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public int Patch()
    {
        for (var i = 0; i < Batch; i++) _token.Set(_slot, _tag, ++_offset);
        return _token.Text.Length;
    }

    /// <summary>A reader comes back with its token.</summary>
    [Benchmark]
    public int Read() => CursorToken.TryParse(_text, out var positions) ? positions.Count : -1;
}
