using System.Collections.Concurrent;
using AkkaSse.Hub;
using AkkaSse.Protocol;

namespace AkkaSse.AkkaStreams.Tests.Support;

/// <summary>What becomes of a call.</summary>
public enum Fate
{
    /// <summary>Done and answered.</summary>
    Answered,

    /// <summary>Done, and the answer is lost: OutcomeUnknown.</summary>
    AnswerLost,

    /// <summary>Not done, and nobody knows: OutcomeUnknown.</summary>
    RequestLost,

    /// <summary>Certainly not done: Unavailable.</summary>
    Away,

    /// <summary>The hub throws.</summary>
    Broken,
}

/// <summary>
/// A hub that loses requests and answers as it is told, and never answers at once, so that elements are gathered meanwhile. Counts calls
/// and what each brought.
/// </summary>
internal sealed class UnreliableHub(ISseHub inner, Func<int, Fate> fateOf) : DelegatingHub(inner)
{
    private int _calls;

    internal int Calls => Volatile.Read(ref _calls);

    /// <summary>The data of each call, in order.</summary>
    internal ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Every call waits for it before it is done.</summary>
    internal Task Gate { get; set; } = Task.CompletedTask;

    public override async ValueTask<PublishResult> PublishAsync(
        string stream, SseEvent e, PublishOptions options = default, CancellationToken cancellation = default)
    {
        var fate = await NextAsync([e.Data!], cancellation);
        if (fate is Fate.Answered or Fate.AnswerLost)
        {
            var result = await base.PublishAsync(stream, e, options, CancellationToken.None);
            if (fate == Fate.Answered) return result;
        }
        return Lost(fate, stream);
    }

    public override async ValueTask<IReadOnlyList<BatchItemResult>> PublishBatchAsync(
        IReadOnlyList<BatchItem> items, CancellationToken cancellation = default)
    {
        var fate = await NextAsync([.. items.Select(static i => i.Event.Data!)], cancellation);
        if (fate is Fate.Answered or Fate.AnswerLost)
        {
            var results = await base.PublishBatchAsync(items, CancellationToken.None);
            if (fate == Fate.Answered) return results;
        }
        return [.. items.Select(i => new BatchItemResult(Lost(fate, i.Stream!), null))];
    }

    private async ValueTask<Fate> NextAsync(string[] data, CancellationToken cancellation)
    {
        var call = Interlocked.Increment(ref _calls);
        Asked.Enqueue(string.Join(' ', data));
        await Task.Yield();
        await Gate.WaitAsync(cancellation);
        var fate = fateOf(call);
        return fate == Fate.Broken ? throw new InvalidOperationException("The hub is broken.") : fate;
    }

    private static PublishResult Lost(Fate fate, string stream) =>
        new(fate == Fate.Away ? PublishStatus.Unavailable : PublishStatus.OutcomeUnknown, stream) { Error = $"{fate}." };
}
