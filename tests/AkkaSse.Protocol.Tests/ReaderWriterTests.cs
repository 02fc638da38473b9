using System.IO.Pipelines;
using AkkaSse.Testing;
using static AkkaSse.Protocol.Tests.Harness;

namespace AkkaSse.Protocol.Tests;

[Trait("parity", "CLI-19")]
public class ReaderWriterTests
{
    [Fact]
    public async Task What_the_writer_writes_the_reader_reads()
    {
        using var stream = new MemoryStream();
        await SseWriter.WriteAsync(stream, new SseEvent { Comment = "hello" });
        await SseWriter.WriteAsync(stream, new SseEvent { Type = "t", Data = "a\nb", Id = "1" });
        await SseWriter.WriteAsync(stream, new SseEvent { Data = "seed", Id = "2" }, SseFieldOrder.IdFirst);
        stream.Position = 0;
        var items = new List<string>();
        await foreach (var item in SseReader.ReadAllAsync(stream, null, CancellationToken.None))
        {
            items.Add(Render(item));
        }

        items.ShouldBe([C("hello"), E("a\nb", "t", "1"), E("seed", id: "2")]);
        stream.CanRead.ShouldBeTrue("the stream is the caller's");
    }

    [Fact]
    public async Task Faulty_event_leaves_the_stream_untouched()
    {
        using var stream = new MemoryStream();
        var faulty = new SseEvent { Data = "d", Type = "a\nb" };
        await Should.ThrowAsync<SseFormatException>(async () => await SseWriter.WriteAsync(stream, faulty));
        await Should.ThrowAsync<SseFormatException>(async () => await SseWriter.WriteAsync(stream, new SseEvent()));
        stream.Length.ShouldBe(0);
    }

    [Fact]
    public async Task Pipe_gives_each_event_as_soon_as_it_is_complete()
    {
        var pipe = new Pipe();
        using var deadline = Eventually.Limit();
        var parser = new SseParser();
        await using var items = SseReader.ReadAllAsync(pipe.Reader, parser, deadline.Token).GetAsyncEnumerator(deadline.Token);
        for (var i = 0; i < 20; i++)
        {
            var next = items.MoveNextAsync();
            await pipe.Writer.WriteAsync(Bytes($"data: {i}\n"), deadline.Token);
            await pipe.Writer.WriteAsync(Bytes($"id: {i}\n\n"), deadline.Token);
            (await next).ShouldBeTrue();
            items.Current.Event!.Data.ShouldBe($"{i}");
            parser.LastEventId.ShouldBe($"{i}");
        }

        await pipe.Writer.WriteAsync(Bytes("data: cut"), deadline.Token);
        await pipe.Writer.CompleteAsync();
        (await items.MoveNextAsync()).ShouldBeFalse("the tail has no blank line");
    }

    [Fact]
    public async Task Pipe_left_early_stands_after_the_last_item_taken()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Bytes("data: a\n\ndata: b\n\n"));
        await pipe.Writer.CompleteAsync();
        await foreach (var item in SseReader.ReadAllAsync(pipe.Reader))
        {
            item.Event!.Data.ShouldBe("a");
            break;
        }

        var rest = new List<string>();
        await foreach (var item in SseReader.ReadAllAsync(pipe.Reader))
        {
            rest.Add(Render(item));
        }

        rest.ShouldBe([E("b")]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelling_ends_a_waiting_reader(bool asStream)
    {
        var pipe = new Pipe();
        using var cancel = new CancellationTokenSource();
        var source = asStream
            ? SseReader.ReadAllAsync(pipe.Reader.AsStream(), cancellationToken: cancel.Token)
            : SseReader.ReadAllAsync(pipe.Reader, cancellationToken: cancel.Token);
        await using var items = source.GetAsyncEnumerator();
        var next = items.MoveNextAsync().AsTask();
        next.IsCompleted.ShouldBeFalse();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Eventually.Within(next, "the cancellation"));
    }

    [Fact]
    public async Task Source_that_fails_passes_its_fault_on()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Bytes("data: a\n\n"));
        await pipe.Writer.CompleteAsync(new IOException("cut"));
        await using var items = SseReader.ReadAllAsync(pipe.Reader.AsStream()).GetAsyncEnumerator();
        (await Should.ThrowAsync<IOException>(async () =>
        {
            while (await items.MoveNextAsync())
            {
                items.Current.Event!.Data.ShouldBe("a");
            }
        })).Message.ShouldBe("cut");
    }

    [Fact]
    public void Missing_arguments_are_named_at_the_call()
    {
        Should.Throw<ArgumentNullException>(() => SseReader.ReadAllAsync((Stream)null!)).ParamName.ShouldBe("stream");
        Should.Throw<ArgumentNullException>(() => SseReader.ReadAllAsync((PipeReader)null!)).ParamName.ShouldBe("reader");
        Should.Throw<ArgumentOutOfRangeException>(() => SseReader.ReadAllAsync(Stream.Null, new SseParserOptions { MaxLineBytes = 0 }));
    }
}
