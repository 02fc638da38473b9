using System.Buffers.Binary;
using System.Globalization;
using System.Security.Claims;
using AkkaSse.Hub;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Security.Tokens;

namespace AkkaSse.Server.Security.Sessions;

/// <summary>
/// Which subjects' credentials are revoked: those that were issued before a time. One value of the engine has the list, and every node
/// looks at it once a second, so that a node that was away, or comes later, learns of it too. Thread-safe.
/// </summary>
internal sealed partial class Revocations(
    IHubEdge edge, TokenStore tokens, EffectiveSettings settings, TimeProvider time, ILogger<Revocations> logger) : BackgroundService
{
    /// <summary>Subjects that are remembered: a value of the engine has 64 KiB.</summary>
    internal const int MaxEntries = 2_500;

    /// <summary>
    /// Of them those that callers may revoke whose grant is for some subjects alone: what is left is for whoever may revoke all.
    /// </summary>
    internal const int MaxLimitedEntries = MaxEntries / 2;

    private const string Key = "revocations";
    private const int EntryBytes = 24;
    private static readonly TimeSpan AttemptsFor = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // A connection that was authenticated before a revocation may be admitted after the look at connections.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private volatile Dictionary<(long, long), long> _revoked = [];
    private long _endUntil;
    private volatile bool _told;

    /// <summary>Whether what was issued to a subject is revoked.</summary>
    /// <param name="principal">Of a <see cref="Credential"/>; one that does not say when it was issued is not revoked: a token of the
    /// server's own is removed from its configuration.</param>
    internal bool IsRevoked(ClaimsPrincipal principal) =>
        _revoked is { Count: > 0 } revoked
        && revoked.TryGetValue(KeyOf(principal.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? ""), out var at)
        && principal.FindFirst(Credential.IssuedClaim) is { } issued
        && long.Parse(issued.Value, CultureInfo.InvariantCulture) <= at;

    /// <summary>Revokes what was issued to a subject until now, on all nodes, and ends its connections.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="isLimited">True for a caller that may revoke some subjects alone.</param>
    internal async ValueTask<RevocationResult> AddAsync(string subject, bool isLimited)
    {
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < AttemptsFor;)
        {
            if (!(await edge.Values.GetAsync(Key, CancellationToken.None)).TryGet(out var stored)) return RevocationResult.Unavailable;
            var now = time.GetUtcNow();
            var oldest = (now - settings.Auth.RevocationMemory).ToUnixTimeMilliseconds();
            var revoked = Read(stored?.Bytes ?? default).Where(e => e.Value > oldest).ToDictionary();
            revoked[KeyOf(subject)] = now.ToUnixTimeMilliseconds();
            if (revoked.Count > (isLimited ? MaxLimitedEntries : MaxEntries)) return RevocationResult.Full;
            var put = await edge.Values.PutAsync(
                Key, Write(revoked), settings.Auth.RevocationMemory, stored?.Version ?? 0, CancellationToken.None);
            if (!put.TryGet(out var version)) return RevocationResult.Unavailable;
            if (version is not null)
            {
                Take(revoked);
                return RevocationResult.Done;
            }
            // Another caller has written meanwhile: each of those that write at once comes through after some of the others.
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 40)), time);
        }
        return RevocationResult.Busy;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // What was let in with a token that was removed or changed ends with it.
        void OnTokens() => End(static (removed, request) =>
            request.Principal is { } principal && (removed.IsRemoved(principal) || removed.EndsEarlier(principal, request)), this);
        tokens.Changed += OnTokens;
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await LookAsync();
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
        finally
        {
            tokens.Changed -= OnTokens;
        }
    }

    /// <summary>Whether a principal comes from a token of the server's own that is accepted no more, or not for the same.</summary>
    internal bool IsRemoved(ClaimsPrincipal principal) =>
        IsOfToken(principal, out var now)
        && !(now is not null && now.Expires > time.GetUtcNow() && IsSame(now.Principal, principal));

    // A connection that knew of no end, or of a later one, would go on beyond it; the next one of its reader knows.
    private bool EndsEarlier(ClaimsPrincipal principal, SubscribeRequest request) =>
        IsOfToken(principal, out var now) && now?.Expires < (request.CredentialExpires ?? DateTimeOffset.MaxValue);

    // What the token that a principal comes from gives now; null when it is accepted no more.
    private bool IsOfToken(ClaimsPrincipal principal, out Credential? now)
    {
        now = null;
        if (principal.FindFirst(Credential.TokenClaim) is not { } claim) return false;
        if (SecretHash.TryParse(claim.Value, out var hash)) now = tokens.Current.Find(hash);
        return true;
    }

    private static bool IsSame(ClaimsPrincipal now, ClaimsPrincipal then) =>
        ReferenceEquals(now, then) || (Values(now, ClaimTypes.NameIdentifier).SequenceEqual(Values(then, ClaimTypes.NameIdentifier))
            && Values(now, Grant.ClaimType).SequenceEqual(Values(then, Grant.ClaimType)));

    private static IEnumerable<string> Values(ClaimsPrincipal principal, string type) =>
        principal.FindAll(type).Select(static c => c.Value);

    private async Task LookAsync()
    {
        try
        {
            // Nothing is read before the hub runs, and what was read holds while the engine is away.
            if (edge.Phase == HubPhase.Running && (await edge.Values.GetAsync(Key, CancellationToken.None)).TryGet(out var stored))
                Take(Read(stored?.Bytes ?? default));
            _told = false;
        }
        catch (Exception fault) when (fault is InvalidDataException or InvalidOperationException or ObjectDisposedException)
        {
            if (!_told) LogFault(logger, fault);
            _told = true;
        }
    }

    private void Take(Dictionary<(long, long), long> revoked)
    {
        var before = _revoked;
        var fresh = revoked.Where(e => !before.TryGetValue(e.Key, out var at) || at < e.Value).Select(static e => e.Key).ToHashSet();
        if (fresh.Count > 0 || revoked.Count != before.Count) _revoked = revoked;
        if (fresh.Count > 0)
        {
            Volatile.Write(ref _endUntil, (time.GetUtcNow() + LookAgain).UtcTicks);
            // With a token of the server's own too, whose next connection is let in again.
            End(static (s, request) => request.Subject is { } subject && s.Contains(KeyOf(subject)), fresh);
        }
        else if (Volatile.Read(ref _endUntil) > time.GetUtcNow().UtcTicks)
        {
            End(static (s, request) => request.Principal is { } principal && s.IsRevoked(principal), this);
        }
    }

    private void End<TState>(Func<TState, SubscribeRequest, bool> which, TState state)
    {
        var ended = edge.EndConnections(request => which(state, request), CloseReason.Revoked);
        if (ended > 0) LogEnded(logger, ended);
    }

    private static (long, long) KeyOf(string subject) => SecretHash.Of(subject) is var hash ? (hash.First, hash.Second) : default;

    private static Dictionary<(long, long), long> Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length % EntryBytes != 0) throw new InvalidDataException("The list of revocations has another form.");
        var entries = new Dictionary<(long, long), long>();
        for (var rest = bytes.Span; rest.Length > 0; rest = rest[EntryBytes..])
        {
            entries[(BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt64LittleEndian(rest[8..]))] =
                BinaryPrimitives.ReadInt64LittleEndian(rest[16..]);
        }
        return entries;
    }

    private static byte[] Write(Dictionary<(long, long), long> entries)
    {
        var bytes = new byte[entries.Count * EntryBytes];
        var rest = bytes.AsSpan();
        foreach (var (key, at) in entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, key.Item1);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], key.Item2);
            BinaryPrimitives.WriteInt64LittleEndian(rest[16..], at);
            rest = rest[EntryBytes..];
        }
        return bytes;
    }

    [LoggerMessage(3131, LogLevel.Information, "{Count} connections of this node end because their credential was revoked")]
    private static partial void LogEnded(ILogger logger, int count);

    [LoggerMessage(3132, LogLevel.Error, "The revocations cannot be read; those known before hold")]
    private static partial void LogFault(ILogger logger, Exception fault);
}

/// <summary>How a revocation ended.</summary>
internal enum RevocationResult
{
    /// <summary>It holds on this node, and within a second on all.</summary>
    Done,

    /// <summary>Too many are remembered; nothing was changed.</summary>
    Full,

    /// <summary>Too many others revoke at the same time; nothing was changed.</summary>
    Busy,

    /// <summary>Nobody can say now.</summary>
    Unavailable,
}
