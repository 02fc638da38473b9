namespace AkkaSse.Server.Limits;

/// <summary>
/// Leaky buckets: what one caller, address, stream or namespace has used of its limits and not got back yet. Each of the three falls by
/// what is allowed per second. Thread-safe.
/// </summary>
internal sealed class Allowance
{
    // Of sums of fractions of a byte, far below one event.
    private const double Rounding = 1e-6;

    private readonly Lock _gate = new();
    private double _connects, _events, _bytes, _at;
    private bool _isLetGo;

    /// <summary>Takes what is asked for, as a whole or not at all.</summary>
    /// <param name="ask">How much.</param>
    /// <param name="perSecond">What is allowed; 0 for no limit.</param>
    /// <param name="burst">Seconds whose allowance may be used at once.</param>
    /// <param name="now">Seconds of a clock that only goes forward.</param>
    /// <param name="wait">Seconds until it would be taken, for each of the three; all 0 when it was taken.</param>
    /// <returns>False when this was let go: the one that is counted now has another object.</returns>
    internal bool Take(in LimitAmounts ask, in LimitAmounts perSecond, double burst, double now, out LimitAmounts wait)
    {
        lock (_gate)
        {
            wait = default;
            if (_isLetGo) return false;
            Fall(perSecond, now);
            wait = new LimitAmounts(
                Wait(ask.Connects, _connects, perSecond.Connects, burst),
                Wait(ask.Events, _events, perSecond.Events, burst),
                Wait(ask.Bytes, _bytes, perSecond.Bytes, burst));
            if (wait == default) Add(ask, 1);
            return true;
        }
    }

    /// <summary>
    /// Counts what was taken elsewhere (a <paramref name="sign"/> of 1), or gives back what was taken here (-1), whatever is allowed.
    /// </summary>
    /// <returns>As <see cref="Take"/>.</returns>
    internal bool Charge(in LimitAmounts amounts, int sign, in LimitAmounts perSecond, double now)
    {
        lock (_gate)
        {
            if (_isLetGo) return false;
            Fall(perSecond, now);
            Add(amounts, sign);
            return true;
        }
    }

    /// <summary>Lets it go when nothing is used any more: without it everything counts as it does with it.</summary>
    internal bool LetGo(in LimitAmounts perSecond, double now)
    {
        lock (_gate)
        {
            Fall(perSecond, now);
            return _isLetGo = _connects == 0 && _events == 0 && _bytes == 0;
        }
    }

    // More than a burst at once is taken when nothing is used, and what is above it is paid back before anything else is taken: a run of a
    // batch or a large body would never be taken otherwise, and the rate holds.
    private static double Wait(double ask, double used, double perSecond, double burst)
    {
        if (ask == 0 || perSecond == 0) return 0;
        var most = perSecond * burst;
        var over = used + Math.Min(ask, most) - most;
        return over <= Rounding ? 0 : over / perSecond;
    }

    private void Fall(in LimitAmounts perSecond, double now)
    {
        var since = Math.Max(0, now - _at);
        _connects = Math.Max(0, _connects - (perSecond.Connects * since));
        _events = Math.Max(0, _events - (perSecond.Events * since));
        _bytes = Math.Max(0, _bytes - (perSecond.Bytes * since));
        _at = Math.Max(_at, now);
    }

    private void Add(in LimitAmounts amounts, int sign)
    {
        _connects = Math.Max(0, _connects + (sign * amounts.Connects));
        _events = Math.Max(0, _events + (sign * amounts.Events));
        _bytes = Math.Max(0, _bytes + (sign * amounts.Bytes));
    }
}
