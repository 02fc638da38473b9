namespace AkkaSse.Server.Security.Jwt;

/// <summary>
/// One issuer of JSON Web Tokens. Its keys come from exactly one of <see cref="Authority"/>, <see cref="JwksUrl"/>,
/// <see cref="JwksFile"/>, <see cref="Key"/> and <see cref="KeyFile"/>.
/// </summary>
internal sealed class JwtSettings
{
    /// <summary>
    /// The claim <c>iss</c> of its tokens, letter by letter. Default null: <see cref="Authority"/>; without one, a fault.
    /// </summary>
    public string? Issuer { get; set; }

    /// <summary>The values of the claim <c>aud</c> that are accepted. Default empty, which is a fault.</summary>
    public List<string> Audience { get; set; } = [];

    /// <summary>
    /// The url of an OpenID provider, below which <c>.well-known/openid-configuration</c> names its keys. Default null. https, or http to
    /// this host.
    /// </summary>
    public string? Authority { get; set; }

    /// <summary>The url of a JSON Web Key Set. Default null. https, or http to this host.</summary>
    public string? JwksUrl { get; set; }

    /// <summary>
    /// The path of a file with a JSON Web Key Set. Default null. It is read again every hour, and for a key that is not known.
    /// </summary>
    public string? JwksFile { get; set; }

    /// <summary>A key that issuer and server share (HMAC), at least 32 bytes of UTF-8. Default null.</summary>
    public string? Key { get; set; }

    /// <summary>The path of a file with such a key. Default null. White space around the key does not count.</summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// The accepted algorithms. Default empty: with a shared key HS256, HS384 and HS512 as far as the key is long enough, else RS256,
    /// RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512.
    /// </summary>
    public List<string> Algorithms { get; set; } = [];

    /// <summary>How far the clocks of issuer and server may be apart. 0 s to 5 min. Default 30 s.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The time between two looks for a key that is not known: tokens of strangers make the server ask the issuer at most so often. 1 s to
    /// 1 h. Default 10 s.
    /// </summary>
    public TimeSpan KeyRefresh { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What the subject begins with, before the claim <c>sub</c>. Default empty. With several issuers each needs one, because two issuers
    /// may give two people the same <c>sub</c>.
    /// </summary>
    public string SubjectPrefix { get; set; } = "";

    /// <summary>The claim with grants as <see cref="TokenSettings.Grants"/> has them. Default akkasse. Empty: none.</summary>
    public string GrantsClaim { get; set; } = "akkasse";

    /// <summary>
    /// The grants of every token of this issuer; patterns may have claims in braces, like <c>subscribe:user/{sub}/*</c>, and
    /// <c>{subject}</c>, which is <see cref="SubjectPrefix"/> and the claim <c>sub</c>. Default empty.
    /// </summary>
    public List<string> Grants { get; set; } = [];

    /// <summary>The grants of tokens with a scope (claim <c>scope</c> or <c>scp</c>). Default empty.</summary>
    public List<ScopeSettings> Scopes { get; set; } = [];
}

/// <summary>What one scope grants.</summary>
internal sealed class ScopeSettings
{
    /// <summary>The scope. Default null, which is a fault.</summary>
    public string? Scope { get; set; }

    /// <summary>Its grants; patterns may have claims in braces. Default empty, which is a fault.</summary>
    public List<string> Grants { get; set; } = [];
}
