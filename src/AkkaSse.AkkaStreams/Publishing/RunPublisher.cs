using AkkaSse.Hub;

namespace AkkaSse.AkkaStreams.Publishing;

/// <summary>How an element ended: the hub's answer, and why it counts as a failure if it does.</summary>
internal readonly record struct Outcome(PublishResult Result, Exception? Fault);

/// <summary>Publishes runs of elements to one stream, each until everything in it is acknowledged or refused. Thread-safe.</summary>
internal sealed class RunPublisher(ISseHub hub, string stream, PublishFlowOptions options)
{
    internal int MaxInFlight => options.MaxInFlight;

    /// <summary>Publishes a run; throws only when it was cancelled, or the hub threw. What was appended by then is not known.</summary>
    /// <param name="run">Elements in order; either all have a key or none has.</param>
    /// <param name="cancellation">Ends the repeating.</param>
    internal async Task<Outcome[]> PublishAsync(PublishElement[] run, CancellationToken cancellation)
    {
        var outcomes = new Outcome[run.Length];
        // The places of those that are not decided, in order.
        var open = new List<int>(run.Length);
        for (var i = 0; i < run.Length; i++)
        {
            if (Fault(run[i]) is { } fault) outcomes[i] = Refused(new PublishResult(PublishStatus.Invalid, stream) { Error = fault });
            else open.Add(i);
        }
        var begun = options.Time.GetTimestamp();
        for (var repeated = 0; open.Count > 0; repeated++)
        {
            var answers = await AskAsync(run, open, cancellation).ConfigureAwait(false);
            var pause = Verdicts.Pause(options, repeated, Random.Shared.NextDouble());
            var isOver = options.Time.GetElapsedTime(begun) + pause > options.RetryFor;
            var left = 0;
            for (var i = 0; i < answers.Length; i++)
            {
                var place = open[i];
                var verdict = Verdicts.Of(answers[i].Status, run[place].HasKey);
                if (verdict == Verdict.Repeat && !isOver) open[left++] = place;
                else outcomes[place] = verdict == Verdict.Acknowledged ? new Outcome(answers[i], null) : verdict == Verdict.Repeat
                    ? GivenUp(answers[i], repeated)
                    : Refused(answers[i]);
            }
            open.RemoveRange(left, open.Count - left);
            if (left > 0) await Task.Delay(pause, options.Time, cancellation).ConfigureAwait(false);
        }
        return outcomes;
    }

    // What the hub cannot be asked.
    private static string? Fault(in PublishElement element) =>
        element.Event is null ? $"The element has no event; a {nameof(PublishElement)} that was made with one is allowed."
        : element.Options.KeyCoversRun ? "A key that covers a run is not allowed here; give each element a key of its own."
        : null;

    private async ValueTask<PublishResult[]> AskAsync(PublishElement[] run, List<int> open, CancellationToken cancellation)
    {
        // One by one in-process engines answer at once, without the arrays of a batch.
        if (open.Count == 1)
            return [await hub.PublishAsync(stream, run[open[0]].Event, run[open[0]].Options, cancellation).ConfigureAwait(false)];
        var items = new BatchItem[open.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = new BatchItem { Stream = stream, Event = run[open[i]].Event, Options = run[open[i]].Options };
        var answers = await hub.PublishBatchAsync(items, cancellation).ConfigureAwait(false);
        var results = new PublishResult[items.Length];
        for (var i = 0; i < items.Length; i++) results[i] = answers[i].Publish!.Value;
        return results;
    }

    private Outcome GivenUp(in PublishResult result, int repeated) =>
        Fail(result, string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"after {repeated} repetitions in {options.RetryFor.TotalSeconds:0.###} s, the most allowed " +
            $"({nameof(PublishFlowOptions.RetryFor)}). {result.Error}"));

    private static Outcome Refused(in PublishResult result) => Fail(result, result.Status == PublishStatus.OutcomeUnknown
        ? $"the event may or may not be on the stream. It has no idempotency key, so it cannot be repeated without the risk of " +
            $"appending it twice; give elements keys. {result.Error}"
        : result.Error ?? "the hub gave no reason.");

    private static Outcome Fail(in PublishResult result, string why) =>
        new(result, new PublishFailedException(
            result, $"An event for the stream '{result.Stream}' was not acknowledged ({result.Status}): {why}".TrimEnd()));
}
