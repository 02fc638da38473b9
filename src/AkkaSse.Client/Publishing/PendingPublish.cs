namespace AkkaSse.Client;

/// <summary>One event on its way to the hub; its task completes with the answer.</summary>
internal sealed class PendingPublish(SseBatchItem item, int lane, int cost)
    : TaskCompletionSource<SsePublishResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private const int Queued = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private TaskCompletionSource? _admitted;
    private CancellationTokenRegistration _cancellation;
    private int _state;

    public SseBatchItem Item { get; } = item;

    public int Lane { get; } = lane;

    /// <summary>
    /// About how many bytes it takes; 0 for a marker, which carries no event and completes when all before it are answered.
    /// </summary>
    public int Cost { get; } = cost;

    public bool IsMarker => Cost == 0;

    /// <summary>Makes <see cref="Admitted"/> exist. Called before anyone else can see this object's queue.</summary>
    public Task Wait() => (_admitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Admitted() => _admitted?.TrySetResult();

    public void CancelWith(CancellationToken cancellation)
    {
        if (cancellation.CanBeCanceled)
        {
            _cancellation = cancellation.UnsafeRegister(static (s, token) => ((PendingPublish)s!).Withdraw(token), this);
        }
    }

    /// <summary>True when it is to be sent; false when its caller withdrew it in time.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Queued) == Queued;

    public void Complete(SsePublishResult result)
    {
        _cancellation.Unregister();
        Admitted();
        TrySetResult(result);
    }

    public void Fail(Exception error)
    {
        _cancellation.Unregister();
        Admitted();
        TrySetException(error);
    }

    private void Withdraw(CancellationToken token)
    {
        // Once taken it is sent all the same; only nobody waits for the answer.
        Interlocked.CompareExchange(ref _state, Withdrawn, Queued);
        TrySetCanceled(token);
        _admitted?.TrySetCanceled(token);
    }
}
