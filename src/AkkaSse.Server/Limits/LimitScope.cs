using System.Collections.Concurrent;
using AkkaSse.AspNetCore;

namespace AkkaSse.Server.Limits;

/// <summary>
/// One kind of what is limited: subjects, addresses, streams, a namespace. Takes nothing from the heap for a key that it counts
/// already. Thread-safe.
/// </summary>
/// <param name="who">What a key is, for who is refused.</param>
/// <param name="section">The section of the limits.</param>
/// <param name="perSecond">What is allowed to each key; 0 for no limit.</param>
/// <param name="burst">What time's allowance may be used at once.</param>
/// <param name="time">The clock.</param>
/// <param name="publishes">The key of the limit of events.</param>
internal sealed class LimitScope<TKey>(
    string who,
    string section,
    LimitAmounts perSecond,
    TimeSpan burst,
    TimeProvider time,
    string publishes = nameof(LimitRates.Publishes))
    where TKey : notnull
{
    /// <summary>
    /// Keys that are counted at once, of 173 bytes and the name: a flood of names must not take the memory. Further ones share
    /// <see cref="SharedCount"/> allowances until <see cref="Sweep"/> has let others go.
    /// </summary>
    internal const int MaxKeys = 100_000;

    private const int SharedCount = 1_024;

    private readonly string _connects = Reason(who, section, nameof(LimitRates.Connects));
    private readonly string _publishes = Reason(who, section, publishes);
    private readonly string _bytes = Reason(who, section, nameof(LimitRates.PublishBytes));
    private readonly ConcurrentDictionary<TKey, Allowance> _allowances = new();
    private readonly Lazy<Allowance[]> _shared =
        new(static () => [.. Enumerable.Range(0, SharedCount).Select(static _ => new Allowance())]);

    private readonly long _start = time.GetTimestamp();
    private int _count;

    /// <summary>Keys that are counted now.</summary>
    internal int Count => Volatile.Read(ref _count);

    private double Now => time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>A scope, or null where nothing of it is limited.</summary>
    internal static LimitScope<TKey>? Of(string who, string section, LimitRates rates, TimeSpan burst, TimeProvider time) =>
        rates.PerSecond == default ? null : new(who, section, rates.PerSecond, burst, time);

    /// <summary>Takes what is asked for, as a whole or not at all.</summary>
    internal HubQuotaAnswer Take(TKey key, in LimitAmounts ask)
    {
        var asked = Limited(ask);
        if (asked == default) return HubQuotaAnswer.Allowed;
        LimitAmounts wait;
        while (!Of(key).Take(asked, perSecond, burst.TotalSeconds, Now, out wait)) Forget(key);
        if (wait == default) return HubQuotaAnswer.Allowed;
        var longest = Math.Max(wait.Connects, Math.Max(wait.Events, wait.Bytes));
        return HubQuotaAnswer.Refused(
            longest == wait.Connects ? _connects : longest == wait.Events ? _publishes : _bytes, TimeSpan.FromSeconds(longest));
    }

    /// <summary>Gives back what was taken for something that another limit has refused.</summary>
    internal void GiveBack(TKey key, in LimitAmounts amounts) => Charge(key, amounts, -1);

    /// <summary>Counts what was allowed elsewhere.</summary>
    internal void Charge(TKey key, in LimitAmounts amounts) => Charge(key, amounts, 1);

    /// <summary>Lets the keys go that have nothing used any more.</summary>
    internal void Sweep()
    {
        var now = Now;
        foreach (var (key, allowance) in _allowances)
        {
            if (allowance.LetGo(perSecond, now)) Remove(key, allowance);
        }
    }

    private static string Reason(string who, string section, string key) => $"{who} has reached {section}:{key}; nothing was changed.";

    private void Charge(TKey key, in LimitAmounts amounts, int sign)
    {
        var charged = Limited(amounts);
        if (charged == default) return;
        while (!Of(key).Charge(charged, sign, perSecond, Now)) Forget(key);
    }

    // What has no limit is not counted: it would never fall.
    private LimitAmounts Limited(in LimitAmounts amounts) => new(
        perSecond.Connects == 0 ? 0 : amounts.Connects,
        perSecond.Events == 0 ? 0 : amounts.Events,
        perSecond.Bytes == 0 ? 0 : amounts.Bytes);

    private Allowance Of(TKey key)
    {
        if (_allowances.TryGetValue(key, out var allowance)) return allowance;
        if (Count >= MaxKeys) return _shared.Value[(uint)key.GetHashCode() % SharedCount];
        allowance = new Allowance();
        if (!_allowances.TryAdd(key, allowance)) return Of(key);
        Interlocked.Increment(ref _count);
        return allowance;
    }

    // It was let go between the look for it and its use.
    private void Forget(TKey key)
    {
        if (_allowances.TryGetValue(key, out var allowance) && allowance.LetGo(perSecond, Now)) Remove(key, allowance);
    }

    private void Remove(TKey key, Allowance allowance)
    {
        if (_allowances.TryRemove(KeyValuePair.Create(key, allowance))) Interlocked.Decrement(ref _count);
    }
}
