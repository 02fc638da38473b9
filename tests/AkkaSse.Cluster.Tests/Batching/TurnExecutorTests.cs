using Akka.Dispatch;
using Akka.Event;
using AkkaSse.Cluster.Batching;
using AkkaSse.Testing;

namespace AkkaSse.Cluster.Tests.Batching;

public sealed class TurnExecutorTests
{
    private readonly TurnExecutor _executor = TurnExecutor.Of(new EventStream(false));

    [Fact]
    public async Task Everything_runs_once_and_a_turn_ends_after_it()
    {
        var ran = 0;
        var ended = 0;
        _executor.AtEndOfTurn(() => Volatile.Write(ref ended, Volatile.Read(ref ran)));
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 50_000; i++) _executor.Execute(new Run(() => Interlocked.Increment(ref ran)));
        }));
        await Task.WhenAll(writers);
        await Eventually.Until(() => Volatile.Read(ref ended) == 200_000, () => $"the last turn to end; {ran} ran, {ended} before an end");
        ran.ShouldBe(200_000);
    }

    [Fact]
    public async Task What_comes_one_at_a_time_has_turns_of_its_own()
    {
        var ran = 0;
        var ended = 0;
        _executor.AtEndOfTurn(() => Volatile.Write(ref ended, Volatile.Read(ref ran)));
        for (var i = 1; i <= 300; i++)
        {
            _executor.Execute(new Run(() => Interlocked.Increment(ref ran)));
            await Eventually.Until(() => Volatile.Read(ref ended) == i, () => $"turn {i}; {ran} ran, {ended} before an end");
        }
    }

    [Fact]
    public async Task An_actor_that_blocks_does_not_stop_the_others()
    {
        using var free = new ManualResetEventSlim();
        var ran = 0;
        _executor.Execute(new Run(() => free.Wait(TimeSpan.FromMinutes(1))));
        try
        {
            await Eventually.Until(() =>
            {
                _executor.Execute(new Run(() => Interlocked.Increment(ref ran)));
                return Volatile.Read(ref ran) > 0;
            }, () => "another actor to run");
        }
        finally
        {
            free.Set();
        }
    }

    [Fact]
    public async Task What_another_thread_sends_ends_a_turn_too()
    {
        TurnExecutor.IsInTurn.ShouldBeFalse();
        var ended = 0;
        var inTurn = false;
        _executor.AtEndOfTurn(() =>
        {
            inTurn = TurnExecutor.IsInTurn;
            Interlocked.Increment(ref ended);
        });
        _executor.EndTurnSoon();
        await Eventually.Until(() => Volatile.Read(ref ended) > 0, () => "a turn to end");
        inTurn.ShouldBeTrue();
    }

    private sealed class Run(Action run) : IRunnable
    {
        void IRunnable.Run() => run();

        public void Execute() => run();
    }
}
