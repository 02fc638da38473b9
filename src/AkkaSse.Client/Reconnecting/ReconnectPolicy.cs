namespace AkkaSse.Client;

/// <summary>
/// When to try again after a connection was lost or could not be made. Pure and thread-safe: one instance serves any number of clients.
/// </summary>
public abstract class ReconnectPolicy
{
    /// <summary>Never again: the subscription ends with the connection.</summary>
    public static ReconnectPolicy None { get; } = new NonePolicy();

    /// <summary>The default: <see cref="Exponential"/> from 500 ms by 1.5 up to 60 s.</summary>
    public static ReconnectPolicy Default { get; } = Exponential();

    /// <summary>
    /// After the server's <c>retry</c> (at least <see cref="SseClientOptions.MinRetry"/>), else after <paramref name="delay"/>; nothing
    /// random, no growth.
    /// </summary>
    /// <param name="delay">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative or longer than 24.8 days.</exception>
    public static ReconnectPolicy Fixed(TimeSpan delay)
    {
        Check(delay, nameof(delay));
        return new FixedPolicy(delay);
    }

    /// <summary>
    /// After the server's <c>retry</c> (at least <see cref="SseClientOptions.MinRetry"/>; 1 s without one) plus a random part of the
    /// back-off, which grows with every failed attempt: many readers that lost the same server do not come back at the same moment. The
    /// back-off is 0 on the first attempt after
    /// <c>hub.drain</c>.
    /// </summary>
    /// <param name="initial">The first back-off; null for 500 ms.</param>
    /// <param name="factor">What it is multiplied with each time, 1 to 10.</param>
    /// <param name="max">The longest back-off; null for 60 s.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public static ReconnectPolicy Exponential(TimeSpan? initial = null, double factor = 1.5, TimeSpan? max = null)
    {
        var first = initial ?? TimeSpan.FromMilliseconds(500);
        var last = max ?? TimeSpan.FromSeconds(60);
        Check(first, nameof(initial));
        Check(last, nameof(max));
        if (factor is not (>= 1 and <= 10))
        {
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "1 to 10 is allowed.");
        }

        return new ExponentialPolicy(first, factor, last);
    }

    /// <summary>A rule of the caller's.</summary>
    /// <param name="delay">
    /// Returns the time to wait, or null to give up. A negative time counts as zero. <c>Retry-After</c> is the rule's to honour.
    /// </param>
    public static ReconnectPolicy Custom(Func<ReconnectContext, TimeSpan?> delay)
    {
        ArgumentNullException.ThrowIfNull(delay);
        return new CustomPolicy(delay);
    }

    /// <summary>Decides.</summary>
    /// <param name="context">What happened.</param>
    /// <returns>The time to wait before the attempt, or null to give up.</returns>
    public abstract TimeSpan? NextDelay(in ReconnectContext context);

    private static TimeSpan Longer(TimeSpan delay, TimeSpan? least) => least > delay ? least.Value : delay;

    private static void Check(TimeSpan value, string name)
    {
        if (value < TimeSpan.Zero || value.TotalMilliseconds > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(name, value, "0 to 2147483647 ms is allowed.");
        }
    }

    private sealed class NonePolicy : ReconnectPolicy
    {
        public override TimeSpan? NextDelay(in ReconnectContext context) => null;
    }

    private sealed class FixedPolicy(TimeSpan delay) : ReconnectPolicy
    {
        public override TimeSpan? NextDelay(in ReconnectContext context) => Longer(context.ServerRetry ?? delay, context.RetryAfter);
    }

    private sealed class ExponentialPolicy(TimeSpan initial, double factor, TimeSpan max) : ReconnectPolicy
    {
        public override TimeSpan? NextDelay(in ReconnectContext context)
        {
            var delay = Longer(context.ServerRetry ?? context.DefaultRetry, context.RetryAfter);
            if (context.Drained && context.Attempt <= 1)
            {
                return delay;
            }

            // Math.Pow of a large attempt is infinite; Math.Min brings it back to the bound.
            var backOff = Math.Min(max.TotalMilliseconds, initial.TotalMilliseconds * Math.Pow(factor, Math.Max(context.Attempt - 1, 0)));
            return delay + TimeSpan.FromMilliseconds(backOff * context.Random);
        }
    }

    private sealed class CustomPolicy(Func<ReconnectContext, TimeSpan?> delay) : ReconnectPolicy
    {
        public override TimeSpan? NextDelay(in ReconnectContext context) => delay(context) is { } d ? Longer(d, TimeSpan.Zero) : null;
    }
}
