namespace AkkaSse.Client;

/// <summary>
/// A cancellation source that follows up to two tokens and is let go without waiting. Disposing the framework's linked sources waits for a
/// cancellation that is running through them, and that one, on its way, waits for the socket it closes: on two cores that held up the
/// whole thread pool for half a second.
/// </summary>
internal sealed class LinkedSource : IDisposable
{
    private readonly CancellationTokenRegistration _first;
    private readonly CancellationTokenRegistration _second;

    public LinkedSource(CancellationToken first, CancellationToken second = default)
        : this(new CancellationTokenSource(), first, second)
    {
    }

    public LinkedSource(TimeSpan timeout, TimeProvider time, CancellationToken first)
        : this(new CancellationTokenSource(timeout, time), first, default)
    {
    }

    private LinkedSource(CancellationTokenSource source, CancellationToken first, CancellationToken second)
    {
        Source = source;
        _first = Follow(first);
        _second = Follow(second);
    }

    public CancellationTokenSource Source { get; }

    public CancellationToken Token => Source.Token;

    public void Dispose()
    {
        // A callback that is under way still needs the source; it has nothing then that only disposal frees but its timer.
        if (Leave(_first) & Leave(_second))
        {
            Source.Dispose();
        }
        else
        {
            Source.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    private static bool Leave(CancellationTokenRegistration registration) => registration == default || registration.Unregister();

    private CancellationTokenRegistration Follow(CancellationToken token) =>
        token.UnsafeRegister(static s => _ = ((CancellationTokenSource)s!).CancelAsync(), Source);
}
