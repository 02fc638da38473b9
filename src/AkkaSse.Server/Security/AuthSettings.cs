using AkkaSse.Hub;

namespace AkkaSse.Server.Security;

/// <summary>Who may call, section <c>Auth</c>. Empty: nobody has to authenticate, and only loopback is served.</summary>
internal sealed class AuthSettings
{
    internal const string Section = "Auth";
    private static readonly TimeSpan MaxReloadInterval = TimeSpan.FromDays(1);

    /// <summary>The tokens that are accepted as <c>Authorization: Bearer …</c>. Default empty.</summary>
    public List<TokenSettings> Tokens { get; set; } = [];

    /// <summary>The issuers whose JSON Web Tokens are accepted as <c>Authorization: Bearer …</c>. Default empty.</summary>
    public List<JwtSettings> Jwt { get; set; } = [];

    /// <summary>
    /// How often <see cref="Tokens"/> and the files that they name are read again; a change holds from then on, without a restart.
    /// 0 s to 1 d. Default 10 s. 0: only at the signal HUP, which is heard in any case.
    /// </summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether callers have to authenticate.</summary>
    internal bool IsGiven => Tokens.Count > 0 || Jwt.Count > 0;

    internal IEnumerable<string> Validate()
    {
        if (ReloadInterval < TimeSpan.Zero || ReloadInterval > MaxReloadInterval)
            yield return $"{Section}:{nameof(ReloadInterval)} is {Durations.Format(ReloadInterval)}; 0s to 1d are allowed.";
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
