using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AkkaSse.Testing;

namespace AkkaSse.AspNetCore.Tests.Detach;

/// <summary>Chunks straight to a socket, over a real pair of sockets whose reader is as slow as the test wants.</summary>
public sealed class SocketWriterTests : IDisposable
{
    private const string Head = "HTTP/1.1 200 OK\r\n\r\n";

    private readonly Socket _here;
    private readonly Socket _there;

    public SocketWriterTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _there = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 << 10 };
        _there.Connect(listener.LocalEndPoint!);
        _here = listener.Accept();
        _here.SendBufferSize = 16 << 10;
    }

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
    }

    [Fact]
    public async Task Head_and_first_writes_go_out_together_as_one_chunk()
    {
        var writer = Writer();
        writer.Write("data: a\n\n"u8);
        writer.Write("data: bcdef\n\n"u8);

        (await writer.FlushAsync()).IsCompleted.ShouldBeFalse();

        (await ReceiveAsync(1)).ShouldBe(Head + "16\r\ndata: a\n\ndata: bcdef\n\n\r\n");
    }

    [Fact]
    public async Task Flush_without_bytes_sends_nothing_and_no_chunk_of_size_zero_that_would_end_the_body()
    {
        var writer = Writer();
        await writer.FlushAsync();
        await writer.FlushAsync();
        writer.GetSpan(100);
        await writer.FlushAsync();
        writer.Write("x"u8);
        await writer.FlushAsync();

        (await ReceiveAsync(Head.Length + 1)).ShouldBe(Head + "1\r\nx\r\n");
    }

    [Fact]
    public async Task Completed_body_ends_with_the_last_chunk_and_the_socket_stays_open()
    {
        var writer = Writer();
        writer.Write("x"u8);
        writer.Complete();
        await writer.FlushAsync();

        (await ReceiveAsync(1)).ShouldBe(Head + "1\r\nx\r\n0\r\n\r\n");
        _here.Send("more"u8);
        (await ReceiveAsync(1)).ShouldBe("more");
    }

    [Fact]
    public async Task Body_that_is_given_up_has_no_last_chunk()
    {
        var writer = Writer();
        writer.Write("x"u8);
        await writer.FlushAsync();
        writer.Write("y"u8);
        writer.Complete(new IOException("given up"));
        _here.Shutdown(SocketShutdown.Send);

        (await ReceiveAsync(int.MaxValue)).ShouldBe(Head + "1\r\nx\r\n");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40 << 10)]
    [InlineData(1 << 20)]
    public async Task Writes_of_any_size_arrive_whole_at_a_reader_that_comes_late(int size)
    {
        var writer = Writer();
        var data = new byte[size];
        new Random(size).NextBytes(data);
        data.CopyTo(writer.GetSpan(size));
        writer.Advance(size);
        var flush = writer.FlushAsync();
        if (size == 1 << 20) flush.IsCompleted.ShouldBeFalse();

        var received = ReceiveAllAsync();
        await Eventually.Within(flush.AsTask(), "the flush of what the kernel had no space for");
        writer.Complete();
        await writer.FlushAsync();
        _here.Shutdown(SocketShutdown.Send);

        Unchunk(await received).ShouldBe(data);
    }

    [Fact]
    public async Task Many_flushes_against_a_slow_reader_arrive_in_order_with_nothing_lost_or_doubled()
    {
        var writer = Writer();
        var random = new Random(7);
        var sent = new MemoryStream();
        var received = Task.Run(async () =>
        {
            var all = new MemoryStream();
            var buffer = new byte[3_000];
            int count;
            while ((count = await _there.ReceiveAsync(buffer.AsMemory())) > 0)
            {
                all.Write(buffer, 0, count);
                Thread.SpinWait(2_000);
            }
            return all.ToArray();
        });
        var waited = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var piece = new byte[random.Next(1, 9_000)];
            random.NextBytes(piece);
            writer.Write(piece);
            sent.Write(piece);
            var flush = writer.FlushAsync();
            if (!flush.IsCompleted) waited++;
            (await Eventually.Within(flush.AsTask(), "a flush")).IsCompleted.ShouldBeFalse();
        }
        writer.Complete();
        await writer.FlushAsync();
        _here.Shutdown(SocketShutdown.Send);

        Unchunk(await Eventually.Within(received, "the end of the body")).ShouldBe(sent.ToArray());
        waited.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Turn_inside_another_turn_of_the_same_thread_mixes_nothing_up()
    {
        using var other = new SocketWriterTests();
        var outer = Writer();
        var inner = other.Writer();
        outer.Write("outer "u8);
        inner.Write("inner"u8);
        await inner.FlushAsync();
        outer.Write("again"u8);
        await outer.FlushAsync();

        (await ReceiveAsync(Head.Length + 1)).ShouldBe(Head + "b\r\nouter again\r\n");
        (await other.ReceiveAsync(Head.Length + 1)).ShouldBe(Head + "5\r\ninner\r\n");
    }

    [Fact]
    public async Task Peer_that_is_gone_completes_the_flush_instead_of_throwing()
    {
        var writer = Writer();
        _there.LingerState = new LingerOption(true, 0);
        _there.Dispose();

        await Eventually.Until(async () =>
        {
            writer.Write("data: x\n\n"u8);
            return (await writer.FlushAsync()).IsCompleted;
        }, "the flush to say that the peer is gone");
    }

    [Fact]
    public async Task Socket_that_was_closed_before_the_writer_was_made_completes_the_first_flush()
    {
        _here.Dispose();
        var writer = Writer();
        writer.Write("x"u8);

        (await writer.FlushAsync()).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Flush_that_waits_for_room_is_ended_by_the_close_of_the_socket()
    {
        var writer = Writer();
        writer.Write(new byte[1 << 20]);
        var flush = writer.FlushAsync().AsTask();
        flush.IsCompleted.ShouldBeFalse();

        _here.Dispose();

        (await Eventually.Within(flush, "the flush to end with the socket")).IsCompleted.ShouldBeTrue();
        writer.Write("x"u8);
        (await writer.FlushAsync()).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void Flush_that_the_kernel_takes_at_once_allocates_nothing()
    {
        var writer = Writer();
        var frame = Encoding.UTF8.GetBytes(new string('x', 1_000));
        var buffer = new byte[4_000];
        // In batches: the runtime grows a table of its own now and then, on whatever thread is there; what a flush allocates is in every
        // batch.
        var allocated = new long[10];
        for (var i = -10; i < 500; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            writer.Write(frame);
            var flush = writer.FlushAsync();
            var after = GC.GetAllocatedBytesForCurrentThread();
            flush.IsCompletedSuccessfully.ShouldBeTrue();
            if (i >= 0) allocated[i / 50] += after - before;
            while (_there.Available > 0) _there.Receive(buffer);
        }

        allocated.Min().ShouldBe(0, string.Join(' ', allocated));
    }

    [Fact]
    public void Writer_refuses_to_advance_over_more_than_it_gave()
    {
        var writer = Writer();
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Advance(1));
        var space = writer.GetMemory().Length;
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Advance(space + 1));
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Advance(-1));
        Should.Throw<NotSupportedException>(writer.CancelPendingFlush);
    }

    private SocketWriter Writer() => new(_here, Encoding.ASCII.GetBytes(Head));

    private async Task<string> ReceiveAsync(int atLeast)
    {
        var all = new StringBuilder();
        var buffer = new byte[4_096];
        while (all.Length < atLeast)
        {
            var count = await Eventually.Within(
                _there.ReceiveAsync(buffer.AsMemory()).AsTask(), $"{atLeast} bytes, {all.Length} are there");
            if (count == 0) break;
            all.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        return all.ToString();
    }

    private async Task<byte[]> ReceiveAllAsync()
    {
        var all = new MemoryStream();
        var buffer = new byte[32 << 10];
        int count;
        while ((count = await Eventually.Within(_there.ReceiveAsync(buffer.AsMemory()).AsTask(), "the end of the body")) > 0)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    // The head off, the chunks joined; the body must be complete and nothing may follow it.
    private static byte[] Unchunk(byte[] response)
    {
        var body = new MemoryStream();
        var at = Head.Length;
        Encoding.ASCII.GetString(response, 0, at).ShouldBe(Head);
        while (true)
        {
            var line = Array.IndexOf(response, (byte)'\n', at);
            var size = Convert.ToInt32(Encoding.ASCII.GetString(response, at, line - 1 - at), 16);
            at = line + 1;
            body.Write(response, at, size);
            at += size;
            Encoding.ASCII.GetString(response, at, 2).ShouldBe("\r\n");
            at += 2;
            if (size > 0) continue;
            at.ShouldBe(response.Length);
            return body.ToArray();
        }
    }
}
