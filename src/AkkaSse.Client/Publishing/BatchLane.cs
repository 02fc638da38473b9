namespace AkkaSse.Client;

/// <summary>
/// One lane: takes what has gathered, sends it, answers it, and only then takes more. One request at a time is what keeps the order of a
/// stream when a request must be repeated.
/// </summary>
internal sealed class BatchLane(int number, PublishQueue queue, BatchSender sender, SseHubClientOptions options)
{
    private readonly List<PendingPublish> _batch = [];
    private readonly List<PendingPublish> _sent = [];
    private readonly List<SseBatchItem> _items = [];
    private ItemAnswer[] _answers = [];

    /// <summary>
    /// Runs until the queue is closed and empty. With <paramref name="stop"/> what remains is answered without being sent.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (await queue.WaitAsync(number).ConfigureAwait(false))
        {
            _batch.Clear();
            queue.Take(number, _batch, options.MaxBatchEvents, options.MaxBatchBytes);
            if (options.MaxBatchDelay > TimeSpan.Zero && _batch.Count < options.MaxBatchEvents && !stop.IsCancellationRequested)
            {
                await GatherAsync(stop).ConfigureAwait(false);
            }

            await SendAsync(stop).ConfigureAwait(false);
            queue.Release(_batch.Count(p => !p.IsMarker), _batch.Sum(p => (long)p.Cost));
        }
    }

    private async Task GatherAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(options.MaxBatchDelay, options.TimeProvider, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is here is answered at once.
        }

        queue.Take(number, _batch, options.MaxBatchEvents, options.MaxBatchBytes);
    }

    private async Task SendAsync(CancellationToken stop)
    {
        _sent.Clear();
        _items.Clear();

        // Neighbours of one stream go into its log together, so each stream's events are put side by side; their order stays.
        foreach (var pending in OfOneTarget() ? _batch : _batch.GroupBy(p => p.Item.Target).SelectMany(g => g))
        {
            if (!pending.IsMarker && pending.TryTake())
            {
                _sent.Add(pending);
                _items.Add(pending.Item);
            }
        }

        if (_sent.Count > 0)
        {
            if (_answers.Length < _sent.Count)
            {
                _answers = new ItemAnswer[Math.Max(_sent.Count, Math.Min(_answers.Length * 2, options.MaxBatchEvents))];
            }

            await AnswerAsync(stop).ConfigureAwait(false);
        }

        foreach (var marker in _batch.Where(p => p.IsMarker))
        {
            marker.Complete(default);
        }
    }

    private async Task AnswerAsync(CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
        {
            foreach (var pending in _sent)
            {
                const string Error = "The client was closed before the event was sent.";
                pending.Complete(new SsePublishResult(SsePublishStatus.Closed, pending.Item.Target) { Error = Error });
            }

            return;
        }

        try
        {
            await sender.SendAsync(_items, _answers.AsMemory(0, _items.Count), options.Idempotent, stop).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The caller's token provider or handler failed in a way of its own; everyone who waits must hear it.
            foreach (var pending in _sent)
            {
                pending.Fail(e);
            }

            return;
        }

        for (var i = 0; i < _sent.Count; i++)
        {
            _sent[i].Complete(PublishOutcomes.Publish(_items[i], _answers[i]));
        }
    }

    private bool OfOneTarget()
    {
        for (var i = 1; i < _batch.Count; i++)
        {
            if (_batch[i].Item.Target != _batch[0].Item.Target)
            {
                return false;
            }
        }

        return true;
    }
}
