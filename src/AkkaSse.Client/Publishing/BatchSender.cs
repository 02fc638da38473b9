using System.Buffers;
using Microsoft.Extensions.Logging;

namespace AkkaSse.Client;

/// <summary>
/// Sends one batch until it is answered or time is up. Body and key are made once and repeated unchanged: a hub that did act and whose
/// answer was lost gives the first answer again. For one caller at a time.
/// </summary>
internal sealed class BatchSender(HubHttp http, SseHubClientOptions options, ILogger logger)
{
    private const int LongestDelayFactor = 20;

    private readonly BatchEncoder _encoder = new();
    private readonly ArrayBufferWriter<byte> _answer = new();

    /// <summary>Sends items and fills in one answer each.</summary>
    /// <param name="items">At least one item.</param>
    /// <param name="answers">As many places.</param>
    /// <param name="repeatable">
    /// False when some item must not be sent twice; then it is repeated only while certainly nothing was done.
    /// </param>
    /// <param name="cancellationToken">Gives up; the answers then say what is known.</param>
    public async Task SendAsync(
        IReadOnlyList<SseBatchItem> items, Memory<ItemAnswer> answers, bool repeatable, CancellationToken cancellationToken)
    {
        _encoder.Clear();
        for (var i = 0; i < items.Count; i++)
        {
            _encoder.Add(items[i]);
        }

        var key = repeatable ? Guid.NewGuid().ToString("N") : null;
        var began = options.TimeProvider.GetTimestamp();
        var mayHaveApplied = false;
        for (var attempt = 0; ; attempt++)
        {
            string reason;
            TimeSpan? retryAfter = null;
            var again = true;
            try
            {
                var answer = await http.PostAsync(HubNames.BatchPath, _encoder.Body, key, _answer, cancellationToken).ConfigureAwait(false);
                mayHaveApplied |= answer.MayHaveApplied;
                retryAfter = answer.RetryAfter;
                again = Read(answer, answers.Span, repeatable, ref mayHaveApplied, out reason);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                mayHaveApplied = true;
                Fill(answers.Span, mayHaveApplied, "The client was closed before the answer came.");
                return;
            }

            if (!again || (mayHaveApplied && !repeatable))
            {
                return;
            }

            var wait = Delay(attempt, retryAfter);
            if (options.TimeProvider.GetElapsedTime(began) + wait > options.RetryTimeout)
            {
                return;
            }

            Log.PublishRetry(logger, http.BaseAddress, reason);
            try
            {
                await Task.Delay(wait, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Fills in the answers as they stand if this was the last attempt.</summary>
    /// <returns>True when the batch should be sent again.</returns>
    private static bool Read(in HubAnswer answer, Span<ItemAnswer> answers, bool repeatable, ref bool mayHaveApplied, out string reason)
    {
        reason = "";
        if (answer.Status is >= 200 and < 300)
        {
            if (!ItemAnswer.TryReadBatch(answer.Body.Span, answers))
            {
                mayHaveApplied = true;
                reason = "The answer is not that of a hub.";
                Fill(answers, true, reason);
                return true;
            }

            foreach (ref readonly var item in answers)
            {
                if (repeatable && PublishOutcomes.IsTransient(item))
                {
                    reason = item.Detail ?? $"An item was answered {item.Status}.";
                    return true;
                }
            }

            return false;
        }

        if (answer.Status is { } status && !(answer.IsTransient && mayHaveApplied))
        {
            var problem = ItemAnswer.ReadProblem(status, answer.Body.Span);
            answers.Fill(problem);
            reason = problem.Detail ?? $"The hub answered {status}.";
            return answer.IsTransient;
        }

        reason = answer.Error ?? $"The hub answered {answer.Status}.";
        Fill(answers, mayHaveApplied, reason);
        return true;
    }

    private static void Fill(Span<ItemAnswer> answers, bool mayHaveApplied, string detail) =>
        answers.Fill(new ItemAnswer { Status = mayHaveApplied ? 504 : 503, Detail = detail });

    private TimeSpan Delay(int attempt, TimeSpan? retryAfter)
    {
        var factor = Math.Min(LongestDelayFactor, Math.Pow(2, attempt));
        var delay = options.RetryDelay * factor * (0.5 + (Random.Shared.NextDouble() / 2));
        return retryAfter > delay ? retryAfter.Value : delay;
    }
}
