using System.Text;
using AkkaSse.Hub.Actors;
using AkkaSse.Hub.Engine;
using AkkaSse.Hub.Streams;
using AkkaSse.Protocol;
using AkkaSse.Testing;

namespace AkkaSse.Hub.Tests.Streams;

/// <summary>History that lies with an engine elsewhere, and the seam between it and the local log.</summary>
public sealed class ColdPagesTests
{
    private const string Epoch = "e1";

    // In the middle of the page 257 to 512: what is behind it there lies in the local log.
    private const long AttachedAt = 300;
    private const long Head = 400;

    [Fact]
    public async Task Page_ends_where_the_local_log_begins_though_the_engine_has_more()
    {
        var source = new Engine(Head);
        var cold = Feed(source).Log.Current!.Cold!;
        LogChunk? chunk = null;
        await Eventually.Until(() => cold.TryGet(290, AttachedAt, new Owner(), out chunk, out _), "the page");
        chunk!.ReadCommitted(out var frames, out _);
        // A reader that went on from a later one would be ahead of the log, which then gives the same events again.
        (chunk.BaseOffset, frames).ShouldBe((257L, (int)(AttachedAt - 256)));
        source.Asked.ShouldBe([(257, AttachedAt)]);
    }

    [Fact]
    public async Task Page_is_read_once_for_all_who_want_it_at_the_same_time()
    {
        var source = new Engine(Head) { Hold = new TaskCompletionSource() };
        var feed = Feed(source);
        var cold = feed.Log.Current!.Cold!;
        Owner[] owners = [.. Enumerable.Range(0, 50).Select(static _ => new Owner())];
        foreach (var owner in owners) cold.TryGet(10, AttachedAt, owner, out _, out _).ShouldBeFalse();
        source.Hold.SetResult();
        await Eventually.Until(() => owners.All(static o => o.Turns > 0), "all of them to be told");
        foreach (var owner in owners) cold.TryGet(10, AttachedAt, owner, out _, out _).ShouldBeTrue();
        source.Asked.ShouldBe([(1, 256)]);
    }

    private static StreamFeed Feed(Engine source)
    {
        var feed = new StreamFeed(new StreamOptions(), new LogBudget(1 << 20), new ColdCache(1 << 20), source, static e => throw e);
        feed.Begin(new FeedStart(Epoch, 0, AttachedAt, 0) { First = 1, LostThrough = 0, ClearedThrough = 0 });
        return feed;
    }

    private static StoredEvent[] Events(long from, long to) =>
        [.. Enumerable.Range(0, (int)(to - from + 1)).Select(
            i => new StoredEvent(from + i, 1, new SseEvent { DataBytes = Encoding.ASCII.GetBytes($"{from + i}") }))];

    private sealed class Owner() : Actor(new ActorCount())
    {
        private int _turns;

        internal int Turns => Volatile.Read(ref _turns);

        protected override void OnMail(Mail mail)
        {
        }

        protected override bool OnTurn()
        {
            Interlocked.Increment(ref _turns);
            return false;
        }

        protected override void OnFault(Exception fault) => throw fault;
    }

    private sealed class Engine(long head) : IColdSource
    {
        private readonly List<(long From, long To)> _asked = [];

        internal IReadOnlyList<(long From, long To)> Asked
        {
            get
            {
                lock (_asked) return [.. _asked];
            }
        }

        internal TaskCompletionSource? Hold { get; init; }

        public async ValueTask<IReadOnlyList<StoredEvent>?> ReadAsync(string epoch, long from, long to, CancellationToken cancellation)
        {
            lock (_asked) _asked.Add((from, to));
            if (Hold is { } hold) await hold.Task.WaitAsync(cancellation);
            return Events(from, Math.Min(to, head));
        }
    }
}
