using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Detach;

public sealed class ChunkedWriterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(4_083)]
    [InlineData(4_096)]
    [InlineData(100_000)]
    public async Task Bytes_come_out_as_they_went_in(int count)
    {
        var bytes = Enumerable.Range(0, count).Select(static i => (byte)i).ToArray();
        var (body, chunks) = await WrittenAsync(writer =>
        {
            writer.Write(bytes);
            writer.Complete();
        });
        body.AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        chunks.ShouldAllBe(static c => c > 0);
    }

    [Fact]
    public async Task Whatever_is_asked_for_and_advanced_over_comes_out_once_and_in_order()
    {
        var seed = Environment.GetEnvironmentVariable("AKKASSE_TEST_SEED") is { } text
            ? (int)uint.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var expected = new MemoryStream();
            var (body, _) = await WrittenAsync(async writer =>
            {
                for (var step = 0; step < 40; step++)
                {
                    var hint = random.Next(3) == 0 ? 0 : random.Next(9_000);
                    var memory = writer.GetMemory(hint);
                    memory.Length.ShouldBeGreaterThanOrEqualTo(Math.Max(1, hint), $"seed {seed}");
                    var count = random.Next(Math.Min(memory.Length, 9_000) + 1);
                    random.NextBytes(memory.Span[..count]);
                    expected.Write(memory.Span[..count]);
                    writer.Advance(count);
                    if (random.Next(4) == 0) await writer.FlushAsync();
                }
                writer.Complete();
            });
            body.AsSpan().SequenceEqual(expected.ToArray()).ShouldBeTrue($"seed {seed}");
        }
    }

    [Fact]
    public async Task Memory_that_nothing_was_written_to_leaves_no_chunk_behind()
    {
        var (body, chunks) = await WrittenAsync(async writer =>
        {
            writer.GetMemory(100);
            await writer.FlushAsync();
            writer.GetSpan();
            writer.Advance(0);
            writer.Complete();
        });
        body.ShouldBeEmpty();
        chunks.ShouldBeEmpty();
    }

    [Fact]
    public void Advancing_over_more_than_was_given_is_refused()
    {
        var writer = new ChunkedWriter(new Pipe().Writer);
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Advance(1));
        var space = writer.GetMemory().Length;
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Advance(space + 1));
        writer.Advance(space);
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Advance(1));
    }

    private static Task<(byte[] Body, List<int> Chunks)> WrittenAsync(Action<PipeWriter> write) => WrittenAsync(writer =>
    {
        write(writer);
        return Task.CompletedTask;
    });

    // Decoded by the grammar of RFC 9112, 7.1; anything else throws.
    private static async Task<(byte[] Body, List<int> Chunks)> WrittenAsync(Func<PipeWriter, Task> write)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writer = new ChunkedWriter(pipe.Writer);
        await write(writer);
        await writer.FlushAsync();
        await pipe.Writer.CompleteAsync();
        using var wire = new MemoryStream();
        await Eventually.Within(pipe.Reader.CopyToAsync(wire), "all that was written");
        var bytes = wire.ToArray();
        var body = new List<byte>();
        var chunks = new List<int>();
        for (var at = 0; ;)
        {
            var line = bytes.AsSpan(at).IndexOf("\r\n"u8);
            var size = int.Parse(
                Encoding.ASCII.GetString(bytes.AsSpan(at, line)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            at += line + 2;
            body.AddRange(bytes.AsSpan(at, size));
            at += size;
            bytes.AsSpan(at, 2).SequenceEqual("\r\n"u8).ShouldBeTrue();
            at += 2;
            if (size == 0)
            {
                at.ShouldBe(bytes.Length);
                return ([.. body], chunks);
            }
            chunks.Add(size);
        }
    }
}
