using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using AkkaSse.Hub;
using AkkaSse.Protocol;
using AkkaSse.Testing;
using Microsoft.Extensions.Logging;
using NSubstitute;

namespace AkkaSse.Architecture.Tests;

/// <summary>Promises that span projects, seen through the public surface alone.</summary>
public class ContractTests
{
    [Fact]
    [Trait("parity", "TGT-05")]
    public async Task Application_runs_against_a_double_of_the_hub_as_against_the_hub()
    {
        var hub = Substitute.For<ISseHub>();
        hub.PublishAsync("orders", Arg.Any<SseEvent>()).Returns(new PublishResult(PublishStatus.Accepted, "orders") { Id = "7-m1" });
        (await PlaceOrder(hub)).ShouldBe("7-m1");
        await using var real = await StartAsync();
        (await PlaceOrder(real)).ShouldNotBeNull().ShouldStartWith("1-");

        static async Task<string?> PlaceOrder(ISseHub hub) => (await hub.PublishAsync("orders", new SseEvent { Data = "one" })).Id;
    }

    [Fact]
    [Trait("parity", "CFG-14")]
    public async Task Id_made_by_the_server_has_22_url_safe_random_characters()
    {
        await using var hub = await StartAsync();
        var ids = new HashSet<string>();
        for (var i = 0; i < 100; i++)
        {
            await using var connection = (await hub.ConnectAsync(Reading("s"), default)).Connection!;
            var random = connection.ClientId.Split('.')[^1];
            random.Length.ShouldBeGreaterThanOrEqualTo(22);
            random.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_');
            ids.Add(random).ShouldBeTrue();
        }
    }

    [Fact]
    [Trait("parity", "PUB-11")]
    public async Task Bytes_of_the_application_come_first_on_a_connection()
    {
        await using var hub = await StartAsync();
        var pipe = new Pipe();
        var request = Reading("s") with { Welcome = "event: hello\ndata: x\n\n"u8.ToArray() };
        var connection = (await hub.ConnectAsync(request, default)).Connection!;
        _ = connection.RunAsync(pipe.Writer, static () => { }, default);
        (await ReadUntilAsync(pipe.Reader, "hub.open")).ShouldStartWith(":\nevent: hello\ndata: x\nid: 0-0\n\nevent: hub.open\n");
    }

    [Theory]
    [Trait("parity", "PUB-12")]
    [InlineData(1)]
    [InlineData(50)]
    public async Task Event_is_encoded_once_whatever_the_number_of_readers(int readers)
    {
        var encodings = await EncodingsAsync(readers);
        encodings.ShouldBe(await EncodingsAsync(0));
    }

    [Fact]
    [Trait("parity", "OBS-04")]
    public async Task Logs_have_levels_and_ids_and_never_the_payload()
    {
        const string Secret = "only-for-the-reader";
        var logger = new CapturingLogger();
        await using (var hub = await StartAsync(logger))
        {
            var pipe = new Pipe();
            var connection = (await hub.ConnectAsync(Reading("s") with { Zone = "z", ClientId = "c" }, default)).Connection!;
            _ = connection.RunAsync(pipe.Writer, static () => { }, default);
            await hub.PublishAsync("s", new SseEvent { Data = Secret });
            await hub.SendToAsync("c", new SseEvent { Data = Secret });
            var seen = await ReadUntilAsync(pipe.Reader, Secret);
            if (seen.Split(Secret).Length < 3) await ReadUntilAsync(pipe.Reader, Secret);
            await hub.Streams.ClearAsync("s");
        }
        logger.Entries.ShouldNotBeEmpty();
        logger.Entries.ShouldAllBe(e => e.Id != 0 && !e.Text.Contains(Secret, StringComparison.Ordinal));
        logger.Entries.Select(static e => e.Level).Distinct().Count().ShouldBeGreaterThan(1);
    }

    // A connection that runs ends with the hub: disposing of it would wait for its peer to go.
    private static SubscribeRequest Reading(string stream) => new() { Streams = [new(stream)] };

    private static async Task<SseHub> StartAsync(ILogger<SseHub>? logger = null)
    {
        var hub = new SseHub(new HubOptions { AutoCreate = true }, logger: logger);
        await hub.StartAsync();
        return hub;
    }

    // How often a publish with so many readers looks at a field of the event.
    private static async Task<int> EncodingsAsync(int readers)
    {
        await using var hub = await StartAsync();
        var pipes = new List<Pipe>();
        for (var i = 0; i < readers; i++)
        {
            var pipe = new Pipe();
            var connection = (await hub.ConnectAsync(Reading("s"), default)).Connection!;
            _ = connection.RunAsync(pipe.Writer, static () => { }, default);
            pipes.Add(pipe);
        }
        var fields = new CountingFields();
        await hub.PublishAsync("s", new SseEvent { Data = "x", Fields = fields });
        foreach (var pipe in pipes) await ReadUntilAsync(pipe.Reader, "looked: at");
        return fields.Looks;
    }

    private static async Task<string> ReadUntilAsync(PipeReader reader, string text)
    {
        using var limit = Eventually.Limit();
        var all = new StringBuilder();
        try
        {
            while (!all.ToString().Contains(text, StringComparison.Ordinal))
            {
                var read = await reader.ReadAsync(limit.Token);
                all.Append(Encoding.UTF8.GetString(read.Buffer));
                reader.AdvanceTo(read.Buffer.End);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Waited in vain for '{text}', got '{all}'.");
        }
        return all.ToString();
    }

    private sealed class CountingFields : IReadOnlyList<KeyValuePair<string, string>>
    {
        private int _looks;

        public int Looks => Volatile.Read(ref _looks);

        public int Count => 1;

        public KeyValuePair<string, string> this[int index] => Look();

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
        {
            yield return Look();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private KeyValuePair<string, string> Look()
        {
            Interlocked.Increment(ref _looks);
            return new("looked", "at");
        }
    }

    private sealed class CapturingLogger : ILogger<SseHub>
    {
        internal ConcurrentQueue<(LogLevel Level, int Id, string Text)> Entries { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Enqueue((logLevel, eventId.Id, formatter(state, exception) + exception));
    }
}
