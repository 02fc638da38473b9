using AkkaSse.Hub.Actors;
using BenchmarkDotNet.Attributes;

namespace AkkaSse.Benchmarks;

/// <summary>An actor's mailbox and its "something changed" bit.</summary>
[MemoryDiagnoser]
public class MailboxBenchmarks : IChecked
{
    private const int Batch = 1_000;

    private readonly Counter _actor = new();
    private readonly Counter.Increment[] _mails = [.. Enumerable.Range(0, Batch).Select(static _ => new Counter.Increment())];

    /// <inheritdoc/>
    [GlobalSetup]
    public void Setup()
    {
        var before = _actor.Mails;
        Inline();
        Answer.MustBe(_actor.Mails - before, Batch);
        Pooled();
        Answer.MustBe(_actor.Mails - before, 2 * Batch);
        var turns = _actor.Turns;
        Signals();
        Answer.MustBe(_actor.Turns - turns, Batch);
    }

    /// <summary>Messages handled on the sender's thread.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void Inline()
    {
        foreach (var mail in _mails) _actor.Post(mail, inline: true);
    }

    /// <summary>Messages handled on the pool, all of them waited for.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void Pooled()
    {
        var until = _actor.Mails + Batch;
        foreach (var mail in _mails) _actor.Post(mail);
        var wait = new SpinWait();
        while (_actor.Mails != until) wait.SpinOnce();
    }

    /// <summary>The coalescing bit on an idle actor: what "new data" costs per reader besides the copy.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void Signals()
    {
        for (var i = 0; i < Batch; i++) _actor.SignalInline();
    }

    private sealed class Counter() : Actor(new ActorCount())
    {
        private int _mails;

        internal int Mails => Volatile.Read(ref _mails);

        internal int Turns { get; private set; }

        protected override void OnMail(Mail mail) => Volatile.Write(ref _mails, _mails + 1);

        protected override bool OnTurn()
        {
            Turns++;
            return false;
        }

        protected override void OnFault(Exception fault) => throw fault;

        internal sealed class Increment : Mail;
    }
}
