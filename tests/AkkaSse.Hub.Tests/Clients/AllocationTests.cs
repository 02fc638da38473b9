using System.IO.Pipelines;
using AkkaSse.Hub.Clients;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>Delivering makes no garbage, whatever the ids look like: what a reader costs in a busy hour is its bytes.</summary>
public sealed class AllocationTests
{
    private const int Batches = 10;
    private const int Drains = 100;

    [Theory]
    [InlineData(WireIds.Position, 1)]
    [InlineData(WireIds.Decimal, 1)]
    [InlineData(WireIds.None, 1)]
    [InlineData(WireIds.Token, 8)]
    public async Task Reader_that_is_drained_again_and_again_allocates_nothing(WireIds ids, int streams)
    {
        await using var hub = await TestHub.StartAsync();
        var names = Enumerable.Range(0, streams).Select(static i => $"s{i}").ToArray();
        foreach (var name in names) await hub.PublishAsync(name, "before");
        var admission = await hub.Hub.ConnectAsync(
            new SubscribeRequest { Streams = [.. names.Select(static n => new StreamSubscription(n))], Ids = ids }, CancellationToken.None);
        var client = admission.Connection.ShouldBeOfType<ClientActor>();
        var output = new CountingWriter();
        using var gone = new CancellationTokenSource();
        var running = client.RunAsync(output, static () => { }, gone.Token);
        await Eventually.Until(() => output.Flushes > 0, "the first block");
        var logs = client.CursorSnapshot.Select(static c => c.LocalStream.Log).ToArray();

        // The first ones make what a thread and a connection keep, and now and then the runtime grows a table of its own on whatever thread
        // is there: its cache of casts, while other tests load types. What a delivery allocates is in every batch.
        for (var i = 0; i < 20; i++) Drain(client, output, logs);
        var allocated = new long[Batches];
        for (var i = 0; i < Batches * Drains; i++) allocated[i / Drains] += Drain(client, output, logs);

        allocated.Min().ShouldBe(0, string.Join(' ', allocated));
        await gone.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData("z")]
    [InlineData(null)]
    public async Task Event_that_is_sent_to_a_client_again_and_again_allocates_nothing(string? zone)
    {
        await using var hub = await TestHub.StartAsync();
        var request = new SubscribeRequest { Zone = "z", ClientId = "c", Ids = WireIds.Token, HeartbeatKind = HeartbeatKind.None };
        var client = (await hub.Hub.ConnectAsync(request, CancellationToken.None)).Connection.ShouldBeOfType<ClientActor>();
        var output = new CountingWriter();
        using var gone = new CancellationTokenSource();
        var running = client.RunAsync(output, static () => { }, gone.Token);
        await Eventually.Until(() => output.Flushes > 0, "the first block");
        var e = new SseEvent { Data = "something of ordinary length" };

        for (var i = 0; i < 20; i++) Send(hub.Hub, e, zone, output);
        var allocated = new long[Batches];
        for (var i = 0; i < Batches * Drains; i++) allocated[i / Drains] += Send(hub.Hub, e, zone, output);

        allocated.Min().ShouldBe(0, string.Join(' ', allocated));
        await gone.CancelAsync();
        await running;
    }

    private static long Send(SseHub hub, SseEvent e, string? zone, CountingWriter output)
    {
        var flushes = output.Flushes;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var decided = hub.TrySend("c", e, zone, out _, out var delivery);
        delivery?.Deliver();
        var after = GC.GetAllocatedBytesForCurrentThread();
        decided.ShouldBeTrue();
        output.Flushes.ShouldBe(flushes + 1);
        return after - before;
    }

    // Appended to the logs without a word to the readers, so that this thread's turn, and no other's, delivers it.
    private static long Drain(ClientActor client, CountingWriter output, StreamLog[] logs)
    {
        for (var i = 0; i < 3; i++)
        {
            foreach (var log in logs)
                log.Append(new LogFrame { Head = "data: something of ordinary length\n"u8, At = 1 }, out _).ShouldBeTrue();
        }
        var flushes = output.Flushes;
        var bytes = output.Bytes;
        var before = GC.GetAllocatedBytesForCurrentThread();
        client.SignalInline();
        var after = GC.GetAllocatedBytesForCurrentThread();
        output.Flushes.ShouldBe(flushes + 1);
        (output.Bytes - bytes).ShouldBeGreaterThan(logs.Length * 3 * "data: something of ordinary length\n\n".Length - 1);
        return after - before;
    }

    /// <summary>Takes everything at once and keeps nothing.</summary>
    private sealed class CountingWriter : PipeWriter
    {
        private readonly byte[] _buffer = new byte[64 << 10];
        private long _bytes;
        private long _flushes;

        internal long Bytes => Volatile.Read(ref _bytes);

        internal long Flushes => Volatile.Read(ref _flushes);

        public override void Advance(int bytes) => Volatile.Write(ref _bytes, _bytes + bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer;

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer;

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Volatile.Write(ref _flushes, _flushes + 1);
            return default;
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
