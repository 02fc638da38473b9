using AkkaSse.Hub;
using AkkaSse.Server.Security.Jwt;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.Server.Security;

/// <summary>Who may call, section <c>Auth</c>. Empty: nobody has to authenticate, and only loopback is served.</summary>
internal sealed class AuthSettings
{
    internal const string Section = "Auth";

    /// <summary>The tokens that are accepted as <c>Authorization: Bearer …</c>. Default empty.</summary>
    public List<TokenSettings> Tokens { get; set; } = [];

    /// <summary>The issuers whose JSON Web Tokens are accepted as <c>Authorization: Bearer …</c>. Default empty.</summary>
    public List<JwtSettings> Jwt { get; set; } = [];

    /// <summary>
    /// How often <see cref="Tokens"/> and the files that they name are read again; a change holds from then on, without a restart.
    /// 0 s to 1 d. Default 10 s. 0: only at the signal HUP, which is heard in any case.
    /// </summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The directory with the keys that sessions are encrypted with, the same for all nodes; it is made when it is not there. Default null:
    /// keys that end with the process, and with the engines <c>akka</c> and <c>postgres</c> no sessions.
    /// </summary>
    public string? KeyDirectory { get; set; }

    /// <summary>
    /// The longest life of a session; it never lives longer than the token that it was made with. 1 min to 7 d. Default 12 h.
    /// </summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>
    /// From pages of which sites browsers send a session. Default <see cref="SameSiteMode.Strict"/>: those of the server's own site.
    /// <c>none</c> is for pages of other sites that <c>Server:CorsOrigins</c> names.
    /// </summary>
    public SameSiteMode SessionSameSite { get; set; } = SameSiteMode.Strict;

    /// <summary>
    /// How long a ticket is good for the instance that has used it. 1 s to 1 d. Default 1 h. It is never longer than the life of the
    /// credential that it was made with.
    /// </summary>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a ticket waits for its first use. 1 s to 10 min. Default 1 min.</summary>
    public TimeSpan TicketFirstUse { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a revocation is remembered. 1 h to 30 d. Default 1 d. A JSON Web Token that lives longer comes to life again afterwards.
    /// </summary>
    public TimeSpan RevocationMemory { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Whether callers have to authenticate.</summary>
    internal bool IsGiven => Tokens.Count > 0 || Jwt.Count > 0;

    internal IEnumerable<string> Validate()
    {
        foreach (var (name, value, low, high) in new[]
        {
            (nameof(ReloadInterval), ReloadInterval, TimeSpan.Zero, TimeSpan.FromDays(1)),
            (nameof(SessionLifetime), SessionLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
            (nameof(TicketLifetime), TicketLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            (nameof(TicketFirstUse), TicketFirstUse, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            (nameof(RevocationMemory), RevocationMemory, TimeSpan.FromHours(1), TimeSpan.FromDays(30)),
        })
        {
            if (value >= low && value <= high) continue;
            yield return $"{Section}:{name} is {Durations.Format(value)}; {Durations.Format(low)} to {Durations.Format(high)} are allowed.";
        }
        // Else what was revoked would come to life again.
        if (RevocationMemory < SessionLifetime || RevocationMemory < TicketLifetime)
        {
            yield return $"{Section} has a {nameof(RevocationMemory)} of {Durations.Format(RevocationMemory)}, which is shorter than the "
                + $"{nameof(SessionLifetime)} or the {nameof(TicketLifetime)}; at least as long as both is allowed.";
        }
        if (SessionSameSite == SameSiteMode.Unspecified)
            yield return $"{Section}:{nameof(SessionSameSite)} is 'unspecified'; strict, lax or none is allowed.";
    }
}

/// <summary>One accepted token. Exactly one of <see cref="Token"/>, <see cref="TokenFile"/> and <see cref="Hash"/> is needed.</summary>
internal sealed class TokenSettings
{
    /// <summary>The secret, at least 16 printable ASCII characters. Default null.</summary>
    public string? Token { get; set; }

    /// <summary>The path of a file with the secret. Default null. White space around the secret does not count.</summary>
    public string? TokenFile { get; set; }

    /// <summary>
    /// The SHA-256 of the secret, as 64 hexadecimal digits. Default null. Who reads the configuration then learns no secret; that nobody
    /// guesses it needs a secret of 128 random bits or more (<c>openssl rand -hex 32</c>).
    /// </summary>
    public string? Hash { get; set; }

    /// <summary>
    /// The name of the caller, to whom client ids, subscriptions and idempotency keys belong. Default null, which is a fault.
    /// </summary>
    public string? Subject { get; set; }

    /// <summary>The grants of the caller, see <see cref="Grant"/>. Default empty, which is a fault.</summary>
    public List<string> Grants { get; set; } = [];

    /// <summary>When the token ends, like <c>2027-01-31T12:00:00Z</c>. Default null: never.</summary>
    public DateTimeOffset? Expires { get; set; }
}
