using System.Diagnostics;
using AkkaSse.Testing;
using Xunit.Abstractions;

namespace AkkaSse.Client.Tests.Reading;

/// <summary>
/// The requirement is 200 ms; asserted is ten times that, because test machines are shared, of the time that this one gave the tests. The
/// measured time is printed.
/// </summary>
public sealed class CancellationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(2);

    private async Task MeasureAsync(string state, Func<Task> end, Task ended)
    {
        var clock = Stopwatch.StartNew();
        var begun = GrantedTime.Instance.GetTimestamp();
        await end();
        await Task.WhenAny(ended).Within($"the end while {state}");
        output.WriteLine($"{state}: ended after {clock.Elapsed.TotalMilliseconds:0.0} ms");
        GrantedTime.Instance.GetElapsedTime(begun).ShouldBeLessThan(Prompt);
    }

    public static TheoryData<string> States => ["connecting", "idle read", "waiting", "handler", "deaf handler"];

    private static RawServer ServerFor(string state) => new(async c =>
    {
        if (state == "connecting")
        {
            await c.ReadRequestAsync();
            await c.UntilClosedAsync();
        }

        await c.StreamAsync("data: x\n\n");
        if (state != "waiting")
        {
            await c.UntilClosedAsync();
        }
    });

    /// <summary>Runs a client into a state.</summary>
    private static async Task<(SseClient Client, Task Run, Func<int> Calls)> EnterAsync(
        string state, RawServer server, CancellationToken cancellation, TaskCompletionSource inHandler)
    {
        var client = Clients.Create(server.Url, o => o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.FromHours(1)));
        var calls = 0;
        client.OnNotification<SseNotification>(_ => Interlocked.Increment(ref calls));
        client.OnAny(async (_, token) =>
        {
            Interlocked.Increment(ref calls);
            if (state.Contains("handler", StringComparison.Ordinal))
            {
                inHandler.TrySetResult();
                await Task.Delay(Timeout.Infinite, state == "handler" ? token : default);
            }
        });
        var run = client.RunAsync(cancellation);
        await (state switch
        {
            "connecting" => Eventually.Until(() => server.Requests.Count == 1, "the request is sent"),
            "idle read" => Eventually.Until(() => Volatile.Read(ref calls) == 2, "the event was handled"),
            "waiting" => Eventually.Until(() => client.State == SseClientState.Waiting, "it waits"),
            _ => inHandler.Task.Within("the handler"),
        });
        return (client, run, () => Volatile.Read(ref calls));
    }

    [Theory]
    [MemberData(nameof(States))]
    [Trait("parity", "CLI-07")]
    public async Task Cancel_ends_promptly_in_every_state_and_nothing_is_called_afterwards(string state)
    {
        await using var server = ServerFor(state);
        using var stop = new CancellationTokenSource();
        var (client, run, calls) = await EnterAsync(state, server, stop.Token, new TaskCompletionSource());
        var before = calls();
        await MeasureAsync(state, () => stop.CancelAsync(), run);
        await Should.ThrowAsync<OperationCanceledException>(run);
        calls().ShouldBe(before);
        client.State.ShouldBe(SseClientState.Closed);
        await client.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(States))]
    [Trait("parity", "CLI-08")]
    public async Task Dispose_ends_every_state_for_good_and_may_be_repeated_from_many_threads(string state)
    {
        await using var server = ServerFor(state);
        var inHandler = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var (client, run, _) = await EnterAsync(state, server, stop.Token, inHandler);
        await MeasureAsync(
            state,
            () => Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await client.DisposeAsync()))),
            state.Contains("handler", StringComparison.Ordinal) ? Task.CompletedTask : run);
        client.State.ShouldBe(SseClientState.Closed);
        if (state.Contains("handler", StringComparison.Ordinal))
        {
            // A handler is not torn away by a disposal; the caller's token ends it.
            await stop.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(run.Within("the handler"));
        }
        else
        {
            await run;
        }

        server.Accepted.ShouldBe(1);
        Should.Throw<ObjectDisposedException>(() => client.RunAsync().GetAwaiter().GetResult());
        await Should.ThrowAsync<ObjectDisposedException>(client.OpenAsync());
        server.Accepted.ShouldBe(1);
    }

    [Fact]
    [Trait("parity", "CLI-08")]
    public async Task Close_during_a_reconnect_never_reconnects_afterwards()
    {
        for (var i = 0; i < 50; i++)
        {
            await using var server = new RawServer(c => c.StreamAsync("data: x\n\n"));
            var client = Clients.Create(server.Url, o => o.Reconnect = ReconnectPolicy.Fixed(TimeSpan.Zero));
            var run = client.RunAsync();
            await Eventually.Until(() => server.Accepted > 1, "it reconnects");
            client.Dispose();
            await run.Within("the end");
            var accepted = server.Accepted;
            await Should.ThrowAsync<ObjectDisposedException>(client.OpenAsync());
            server.Accepted.ShouldBeInRange(accepted, accepted + 1, "at most a connection that was on its way is accepted after the end");
        }
    }

    [Fact]
    [Trait("parity", "CLI-08")]
    public async Task Dispose_frees_the_socket_while_the_consumer_is_busy_with_an_event()
    {
        var closed = new TaskCompletionSource();
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync("data: x\n\n");
            await c.UntilClosedAsync();
            closed.SetResult();
        });
        var client = Clients.Create(server.Url);
        await foreach (var _ in client.SubscribeAsync())
        {
            client.Dispose();
            await closed.Task.Within("the server to see the connection close");
        }
    }

    [Fact]
    [Trait("parity", "CLI-08")]
    public async Task Leaving_the_enumeration_frees_the_socket()
    {
        var closed = new TaskCompletionSource();
        await using var server = new RawServer(async c =>
        {
            await c.StreamAsync("data: x\n\n");
            await c.UntilClosedAsync();
            closed.SetResult();
        });
        await using var client = Clients.Create(server.Url);
        await client.SubscribeAsync().TakeWithin(1);
        await closed.Task.Within("the server to see the connection close");
        client.State.ShouldBe(SseClientState.Closed);
    }

    [Fact]
    [Trait("parity", "CLI-08")]
    [Trait("parity", "CLI-15")]
    public async Task Disposing_a_channel_subscription_does_not_wait_for_a_deaf_handler_and_still_tells_the_end()
    {
        await using var server = ServerFor("idle read");
        await using var client = Clients.Create(server.Url);
        var inHandler = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        client.OnNotification<SseClosed>(_ => closed.SetResult());
        client.OnNotification<SseOpened>(async (_, _) =>
        {
            inHandler.SetResult();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        });
        var opening = client.OpenAsync();
        await inHandler.Task.Within("the handler");
        client.Dispose();
        await Should.ThrowAsync<ObjectDisposedException>(opening.Within("the opening to be given up"));
        await closed.Task.Within("the end to be told");
    }

    [Fact]
    [Trait("parity", "CLI-07")]
    public async Task Cancelling_the_opening_gives_it_up()
    {
        await using var server = ServerFor("connecting");
        await using var client = Clients.Create(server.Url);
        using var stop = new CancellationTokenSource();
        var opening = client.OpenAsync(stop.Token);
        await Eventually.Until(() => server.Requests.Count == 1, "the request is sent");
        await MeasureAsync("opening", () => stop.CancelAsync(), opening);
        await Should.ThrowAsync<OperationCanceledException>(opening);
        await Eventually.Until(() => client.State == SseClientState.Closed, "it is closed");
    }
}
