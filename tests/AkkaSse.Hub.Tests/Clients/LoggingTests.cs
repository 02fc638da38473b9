using System.Collections.Concurrent;
using System.IO.Pipelines;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>What a hub logs: levels, event ids, and never the payload.</summary>
public sealed class LoggingTests
{
    [Fact]
    [Trait("parity", "OBS-04")]
    public async Task Delivery_is_logged_at_debug_with_client_and_zone_and_without_the_payload()
    {
        var log = new RecordingLogger();
        await using var hub = new SseHub(new HubOptions { AutoCreate = true }, logger: log);
        await hub.StartAsync();
        var admission = await hub.ConnectAsync(
            new SubscribeRequest { Streams = [new("s")], Zone = "z", ClientId = "c", Ids = WireIds.Token }, CancellationToken.None);
        var pipe = new Pipe();
        using var gone = new CancellationTokenSource();
        var run = admission.Connection!.RunAsync(pipe.Writer, () => pipe.Writer.CancelPendingFlush(), gone.Token);
        await hub.PublishAsync("s", new SseEvent { Type = "secret-type", Data = "secret-data" });
        await hub.SendToAsync("c", new SseEvent { Data = "secret-data" }, "z");
        await Eventually.Until(() => log.Entries.Any(static e => e.Id == 1015), "the delivery to be logged");
        await gone.CancelAsync();
        await Eventually.Within(run, "the connection to end");
        var delivered = log.Entries.First(static e => e.Id == 1015);
        delivered.Level.ShouldBe(LogLevel.Debug);
        delivered.Text.ShouldContain("client c in zone z");
        log.Entries.ShouldContain(static e => e.Id == 1010 && e.Level == LogLevel.Debug);
        log.Entries.ShouldContain(static e => e.Id == 1011 && e.Text.Contains(nameof(CloseReason.ClientGone), StringComparison.Ordinal));
        log.Entries.ShouldAllBe(static e => e.Id != 0 && !e.Text.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("parity", "OBS-04")]
    [Trait("parity", "HTTP-09")]
    public async Task Write_that_fails_is_logged_as_an_error_and_ends_that_connection_only()
    {
        var log = new RecordingLogger();
        await using var hub = new SseHub(new HubOptions { AutoCreate = true }, logger: log);
        await hub.StartAsync();
        var broken = await hub.ConnectAsync(new SubscribeRequest { Streams = [new("s")] }, CancellationToken.None);
        var fine = await hub.ConnectAsync(new SubscribeRequest { Streams = [new("s")] }, CancellationToken.None);
        var pipe = new Pipe();
        using var gone = new CancellationTokenSource();
        var other = fine.Connection!.RunAsync(pipe.Writer, static () => { }, gone.Token);
        await Eventually.Within(
            broken.Connection!.RunAsync(new FailingWriter(), static () => { }, CancellationToken.None), "the broken connection to end");
        broken.Connection.Reason.ShouldBe(CloseReason.WriteError);
        log.Entries.ShouldContain(static e => e.Id == 1016 && e.Level == LogLevel.Error);
        (await hub.PublishAsync("s", new SseEvent { Data = "x" })).LocalReaders.ShouldBe(1);
        other.IsCompleted.ShouldBeFalse();
        await gone.CancelAsync();
        await other;
    }

    private sealed class FailingWriter : PipeWriter
    {
        private readonly byte[] _memory = new byte[64 << 10];

        public override void Advance(int bytes)
        {
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            throw new IOException("The wire is cut.");

        public override Memory<byte> GetMemory(int sizeHint = 0) => _memory;

        public override Span<byte> GetSpan(int sizeHint = 0) => _memory;
    }

    private sealed class RecordingLogger : ILogger<SseHub>
    {
        internal ConcurrentQueue<(LogLevel Level, int Id, string Text)> Entries { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Enqueue((logLevel, eventId.Id, formatter(state, exception)));
    }
}
