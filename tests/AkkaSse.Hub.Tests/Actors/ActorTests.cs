using AkkaSse.Hub.Actors;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Actors;

public sealed class ActorTests
{
    private sealed class Number(int value, int from = 0) : Mail
    {
        internal int Value { get; } = value;

        internal int From { get; } = from;
    }

    private sealed class Probe(ActorCount count) : Actor(count)
    {
        private int _inside;

        internal List<Number> Handled { get; } = [];

        internal List<Mail> Undelivered { get; } = [];

        internal List<Exception> Faults { get; } = [];

        internal Func<Probe, bool>? Turn { get; set; }

        internal Action<Probe, Number>? Mail { get; set; }

        internal int Turns;

        internal void End() => Stop();

        protected override void OnMail(Mail mail)
        {
            Interlocked.Increment(ref _inside).ShouldBe(1, "one thing at a time");
            try
            {
                Handled.Add((Number)mail);
                Mail?.Invoke(this, (Number)mail);
            }
            finally
            {
                Interlocked.Decrement(ref _inside);
            }
        }

        protected override bool OnTurn()
        {
            Interlocked.Increment(ref _inside).ShouldBe(1, "one thing at a time");
            try
            {
                Turns++;
                return Turn?.Invoke(this) ?? false;
            }
            finally
            {
                Interlocked.Decrement(ref _inside);
            }
        }

        protected override void OnFault(Exception fault)
        {
            lock (Faults) Faults.Add(fault);
        }

        protected override void OnUndelivered(Mail mail)
        {
            lock (Undelivered) Undelivered.Add(mail);
        }
    }

    [Fact]
    public void Signals_during_a_turn_become_one_further_turn()
    {
        var probe = new Probe(new ActorCount());
        probe.Turn = static p =>
        {
            if (p.Turns == 1)
            {
                for (var i = 0; i < 100; i++) p.SignalInline();
            }
            return false;
        };
        probe.SignalInline();
        probe.Turns.ShouldBe(2);
    }

    [Fact]
    public async Task No_wake_up_is_lost_under_8_threads()
    {
        var probe = new Probe(new ActorCount());
        const int threads = 8;
        var each = Soak.Of(1_000_000, 100_000);
        long written = 0, seen = 0;
        probe.Turn = _ =>
        {
            seen = Volatile.Read(ref written);
            return false;
        };
        await Task.WhenAll(Enumerable.Range(0, threads).Select(t => Task.Factory.StartNew(() =>
        {
            for (var i = 0; i < each; i++)
            {
                Interlocked.Increment(ref written);
                if ((i + t) % 2 == 0) probe.Signal();
                else probe.SignalInline();
            }
        }, TaskCreationOptions.LongRunning)));
        await Eventually.Until(() => Volatile.Read(ref seen) == (long)threads * each, "the last signal to be seen");
        probe.Turns.ShouldBeLessThanOrEqualTo(threads * each);
    }

    [Fact]
    public async Task Mail_of_each_sender_is_handled_once_and_in_order()
    {
        var count = new ActorCount();
        var probe = new Probe(count);
        const int threads = 8, each = 5_000;
        await Task.WhenAll(Enumerable.Range(0, threads).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < each; i++) probe.Post(new Number(i, t), inline: i % 3 == 0);
        })));
        await Eventually.Until(() => probe.Handled.Count == threads * each, "all mail");
        foreach (var group in probe.Handled.GroupBy(static n => n.From))
            group.Select(static n => n.Value).ShouldBe(Enumerable.Range(0, each));
    }

    [Fact]
    public async Task Stop_returns_mail_and_ends_the_count_and_every_letter_has_one_fate()
    {
        for (var round = 0; round < 200; round++)
        {
            var count = new ActorCount();
            var probe = new Probe(count) { Mail = static (p, n) => { if (n.Value == 40) p.End(); } };
            await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(() =>
            {
                for (var i = 0; i < 50; i++) probe.Post(new Number(t == 0 ? i : -1, t));
            })));
            await Eventually.Until(() => count.Live == 0, "the stop");
            await Eventually.Until(() =>
            {
                lock (probe.Undelivered) return probe.Handled.Count + probe.Undelivered.Count == 200;
            }, "every letter to be handled or returned");
            probe.IsStopped.ShouldBeTrue();
            var turns = probe.Turns;
            probe.SignalInline();
            probe.Turns.ShouldBe(turns);
        }
    }

    [Fact]
    [Trait("parity", "OBS-05")]
    public void Fault_is_told_and_the_actor_goes_on()
    {
        var probe = new Probe(new ActorCount())
        {
            Mail = static (_, n) => { if (n.Value == 1) throw new InvalidOperationException("mail"); },
            Turn = static p => p.Turns == 1 ? throw new InvalidOperationException("turn") : false,
        };
        probe.Post(new Number(1), inline: true);
        probe.Post(new Number(2), inline: true);
        probe.Faults.Select(static f => f.Message).ShouldBe(["mail", "turn"]);
        probe.Handled.Select(static n => n.Value).ShouldBe([1, 2]);
        probe.Turns.ShouldBe(2);
    }

    [Fact]
    public async Task Turn_that_asks_for_more_gets_more_without_holding_the_thread()
    {
        var probe = new Probe(new ActorCount()) { Turn = static p => p.Turns < 1_000 };
        probe.SignalInline();
        probe.Turns.ShouldBeLessThanOrEqualTo(1_000);
        await Eventually.Until(() => probe.Turns == 1_000, "all turns");
    }
}
