using System.Collections.Concurrent;
using System.Net;
using AkkaSse.Server.Limits;

namespace AkkaSse.Server.Security.Tokens;

/// <summary>
/// Counts wrong tokens per address, tells of them, and tells a program with an old token to slow down: an address has <see cref="Burst"/>
/// tries and one more each second, and what is wrong beyond is 429. A right token is never held up by its neighbours' wrong ones; what
/// keeps tokens from being guessed is their length. Thread-safe.
/// </summary>
internal sealed partial class TokenAttempts(TimeProvider time, ILogger<TokenAttempts> logger)
{
    /// <summary>Wrong tokens in a row that an address is answered 401 for.</summary>
    internal const int Burst = 10;

    /// <summary>
    /// Addresses that are counted at once. When there are so many, those are forgotten that have their tries back; what comes from further
    /// ones is not slowed down.
    /// </summary>
    internal const int MaxAddresses = 10_000;

    internal static readonly TimeSpan Refill = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ToldEvery = TimeSpan.FromMinutes(1);

    // Of all addresses together.
    private static readonly TimeSpan LinesEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<AddressKey, Attempts> _attempts = new();
    private readonly Lock _line = new();
    private long? _lastLine;

    internal int Addresses => _attempts.Count;

    /// <summary>Whether this address has no try left.</summary>
    internal bool IsExhausted(IPAddress? remote) =>
        remote is not null && _attempts.TryGetValue(AddressKey.Of(remote), out var attempts)
        && attempts.Left(time.GetTimestamp(), time) < 1;

    /// <summary>Counts a wrong token, and tells of it: once a minute per address, and once a second at all.</summary>
    internal void Failed(IPAddress? remote)
    {
        if (remote is null) return;
        var key = AddressKey.Of(remote);
        var now = time.GetTimestamp();
        if (!_attempts.TryGetValue(key, out var attempts))
        {
            if (_attempts.Count >= MaxAddresses) Forget(now);
            if (_attempts.Count >= MaxAddresses) return;
            attempts = _attempts.GetOrAdd(key, static _ => new Attempts());
        }
        attempts.Take(now, time);
        if (attempts.Count is var count && MayTell(attempts, now)) LogWrongToken(logger, remote.ToString(), count, Burst);
    }

    private void Forget(long now)
    {
        foreach (var (address, attempts) in _attempts)
        {
            if (attempts.Left(now, time) >= Burst) _attempts.TryRemove(address, out _);
        }
    }

    private bool MayTell(Attempts attempts, long now)
    {
        lock (_line)
        {
            if (attempts.ToldAt is { } told && time.GetElapsedTime(told, now) < ToldEvery) return false;
            if (_lastLine is { } last && time.GetElapsedTime(last, now) < LinesEvery) return false;
            _lastLine = attempts.ToldAt = now;
            return true;
        }
    }

    [LoggerMessage(3110, LogLevel.Warning, "A token that is not known came from {Remote}, {Count} times so far; "
        + "after {Burst} in a row it is answered 429 instead of 401, but for one a second")]
    private static partial void LogWrongToken(ILogger logger, string remote, long count, int burst);

    private sealed class Attempts
    {
        private readonly Lock _gate = new();
        private double _left = Burst;
        private long? _at;

        /// <summary>Used under the lock of the lines.</summary>
        public long? ToldAt;

        public long Count { get; private set; }

        public double Left(long now, TimeProvider time)
        {
            lock (_gate) return Refilled(now, time);
        }

        public void Take(long now, TimeProvider time)
        {
            lock (_gate)
            {
                var left = Refilled(now, time);
                // What was 429 costs nothing, so that a program that goes on too fast is told once a second that its token is unknown.
                _left = left < 1 ? left : left - 1;
                _at = now;
                Count++;
            }
        }

        private double Refilled(long now, TimeProvider time) =>
            _at is { } at ? Math.Min(Burst, _left + (time.GetElapsedTime(at, now) / Refill)) : Burst;
    }
}
