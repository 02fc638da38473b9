using System.IO.Pipelines;
using System.Text;

namespace AkkaSse.AspNetCore.Tests.Batch;

/// <summary>The reader alone, with bodies in pieces of every size.</summary>
public sealed class BatchReaderTests
{
    private static readonly string[] Datas = ["", "plain", "with \"quotes\" and \\ and {[]}", "ümläut \u0001", new string('x', 3000), "\n"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Pieces_of_every_size_give_the_same_items(bool array)
    {
        var items = Datas.Select(d => "{\"stream\":\"s\",\"json\":[{\"a\":\"}\\\"\"}],\"type\":"
            + System.Text.Json.JsonSerializer.Serialize("t" + d.Length) + "}")
            .Concat(Datas.Select(d => "{\"stream\":\"s\",\"data\":" + System.Text.Json.JsonSerializer.Serialize(d) + "}")).ToList();
        var body = Encoding.UTF8.GetBytes(array ? "[" + string.Join(" , ", items) + "]" : string.Join("\n", items));
        string[] expected = [.. Datas.Select(_ => "[{\"a\":\"}\\\"\"}]"), .. Datas];

        for (var piece = 1; piece < 400; piece += piece < 40 ? 1 : 37)
        {
            (await ReadAsync(body, piece, limit: 1 << 20)).ShouldBe(expected, ignoreOrder: false, $"pieces of {piece} bytes");
        }
        (await ReadAsync(body, body.Length, limit: 1 << 20)).ShouldBe(expected);
    }

    [Fact]
    public async Task Oversized_items_are_dropped_in_pieces_of_every_size()
    {
        var body = Encoding.UTF8.GetBytes("{\"stream\":\"s\",\"data\":\"1\"}{\"stream\":\"s\",\"data\":\"" + new string('x', 9000)
            + "\\\"}\"}{\"stream\":\"s\",\"data\":\"3\"}");

        foreach (var piece in (int[])[1, 2, 3, 100, 4096, body.Length])
        {
            (await ReadAsync(body, piece, limit: 200)).ShouldBe(["1", "413", "3"], ignoreOrder: false, $"pieces of {piece} bytes");
        }
    }

    [Fact]
    public async Task Broken_item_that_never_ends_is_told_from_a_large_one()
    {
        var body = Encoding.UTF8.GetBytes("{\"stream\":\"s\",\"data\":\"1\"}{\"stream\":x" + new string('{', 9000));

        foreach (var piece in (int[])[1, 7, 100, body.Length])
        {
            (await ReadAsync(body, piece, limit: 200)).ShouldBe(["1", "broken"], ignoreOrder: false, $"pieces of {piece} bytes");
        }
    }

    private static async Task<List<string>> ReadAsync(byte[] body, int piece, int limit)
    {
        using var memory = new RunMemory();
        using var reader = new BatchReader(new Pieces(body, piece), new BatchItemParser(memory), null, limit);
        var found = new List<string>();
        while (true)
        {
            switch (reader.Next(out var item))
            {
                case BatchStep.Item:
                    found.Add(item.Fault is { } fault ? $"{fault.Status}" : Encoding.UTF8.GetString(item.Data!.Value.Span));
                    break;
                case BatchStep.NeedData:
                    if (reader.TryFill()) break;
                    memory.Reset();
                    await reader.FillAsync();
                    break;
                case BatchStep.Broken:
                    found.Add("broken");
                    return found;
                default:
                    return found;
            }
        }
    }

    /// <summary>A pipe that hands out one more piece with each read that waits.</summary>
    private sealed class Pieces(byte[] body, int piece) : PipeReader
    {
        private int _consumed, _visible;

        public override bool TryRead(out ReadResult result)
        {
            result = new ReadResult(new(body, _consumed, _visible - _consumed), false, _visible == body.Length);
            return _visible > _consumed || _visible == body.Length;
        }

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            if (_visible == _consumed) _visible = Math.Min(body.Length, _visible + piece);
            TryRead(out var result);
            return new(result);
        }

        public override void AdvanceTo(SequencePosition consumed) => _consumed = consumed.GetInteger();

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

        public override void CancelPendingRead() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) { }
    }
}
