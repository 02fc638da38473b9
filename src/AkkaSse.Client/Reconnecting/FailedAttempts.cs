namespace AkkaSse.Client;

/// <summary>
/// Counts the attempts that failed in a row, and says when they are too many. A response head is no success yet: a server, or a proxy
/// before it, that answers 200 and ends at once would otherwise keep the back-off at its beginning for ever. For one caller at a time.
/// </summary>
internal sealed class FailedAttempts(SseClientOptions options)
{
    private long _opened;
    private bool _succeeded;
    private long? _since;

    /// <summary>How many failed since the last success.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// True when <see cref="SseClientOptions.MaxAttempts"/> or <see cref="SseClientOptions.MaxReconnectTime"/> is reached.
    /// </summary>
    public bool Exhausted => Count > 0
        && (Count >= options.MaxAttempts
            || (_since is { } since && options.TimeProvider.GetElapsedTime(since) >= options.MaxReconnectTime));

    /// <summary>A response head was accepted.</summary>
    public void Opened()
    {
        _opened = options.TimeProvider.GetTimestamp();
        _succeeded = false;
    }

    /// <summary>The connection has proved itself.</summary>
    public void Succeeded()
    {
        if (!_succeeded)
        {
            _succeeded = true;
            Count = 0;
            _since = null;
        }
    }

    /// <summary>The connection was lost, or none was made.</summary>
    /// <param name="wasOpen">There was one.</param>
    /// <param name="restarted">The caller ended it: that is no failure.</param>
    /// <returns>True when the attempt failed.</returns>
    public bool Ended(bool wasOpen, bool restarted)
    {
        if (wasOpen && !_succeeded && options.TimeProvider.GetElapsedTime(_opened) >= options.StableAfter)
        {
            Succeeded();
        }

        if (restarted)
        {
            return false;
        }

        var failed = !wasOpen || !_succeeded;
        Count += failed ? 1 : 0;
        _since ??= options.TimeProvider.GetTimestamp();
        return failed;
    }
}
