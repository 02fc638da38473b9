using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using AkkaSse.Hub;
using AkkaSse.Server.Security.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>
/// From a JSON Web Token to a credential: JwtBearer checks the token, the issuer's settings say what its claims grant. Thread-safe.
/// </summary>
internal sealed class JwtValidator
{
    // Kestrel takes 32 KiB of headers. A token with so many grants as are allowed has less.
    private const int MaxLength = 32 << 10;

    // Milliseconds in place of seconds are 50 000 years.
    private const int MostYears = 100;

    private readonly JwtIssuers _issuers;
    private readonly TokenStore _tokens;
    private readonly TimeProvider _time;

    public JwtValidator(
        JwtIssuers issuers, TokenStore tokens, ValidatedTokens validated, TimeProvider time, ILogger<JwtIssuer> logger)
    {
        _issuers = issuers;
        _tokens = tokens;
        _time = time;
        Validated = validated;
        foreach (var issuer in issuers.All) issuer.LogTo(logger);
        // A subject may have become that of a token.
        tokens.Changed += validated.Clear;
    }

    internal ValidatedTokens Validated { get; }

    /// <summary>The issuer that a token names, whether it is genuine or not; null when it is no JSON Web Token.</summary>
    internal JwtIssuer? IssuerOf(string token, out string? fault)
    {
        fault = null;
        if (_issuers.All.Count == 0 || token.Length > MaxLength || token.AsSpan().Count('.') != 2) return null;
        try
        {
            var read = new JsonWebToken(token);
            var issuer = _issuers.Find(read.Issuer ?? "");
            if (issuer is not null && (string.IsNullOrEmpty(read.Alg) || read.Alg.Equals("none", StringComparison.OrdinalIgnoreCase)))
            {
                fault = $"The token has no signature: its claim 'alg' is none of {issuer.Section}:Algorithms.";
                return null;
            }
            if (issuer is null) fault = "The claim 'iss' of the token names no issuer that the server accepts tokens of (Auth:Jwt).";
            return issuer;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or FormatException or JsonException)
        {
            fault = RegisteredClaims.FaultOf(token);
            return null;
        }
    }

    /// <summary>Checks a token that came with a request.</summary>
    /// <returns>The credential, or what is wrong, or that the issuer's keys cannot be had now.</returns>
    internal async ValueTask<JwtAnswer> ValidateAsync(HttpContext context, JwtIssuer issuer, SecretHash hash)
    {
        if (!await issuer.HasKeysAsync())
            return new JwtAnswer(null, $"The keys of the issuer of {issuer.Section} cannot be fetched now.", IsUnavailable: true);
        var result = await context.AuthenticateAsync(issuer.Scheme);
        if (result.Principal is not { } claims) return new JwtAnswer(null, Fault(result.Failure, issuer));
        if (Credential(claims, issuer, out var fault) is not { } credential) return new JwtAnswer(null, fault);
        Validated.Add(hash, credential);
        return new JwtAnswer(credential, null);
    }

    /// <summary>What validated claims give; null with what is wrong with one of them.</summary>
    internal Credential? Credential(ClaimsPrincipal claims, JwtIssuer issuer, out string fault)
    {
        var subject = claims.FindFirst("sub")?.Value is { Length: > 0 } sub ? issuer.SubjectPrefix + sub : null;
        if (HubNames.Check(subject) is { } wrong)
        {
            fault = subject is null ? "The token has no claim 'sub'." : "The claim 'sub' is not allowed. " + wrong;
            return null;
        }
        if (_tokens.Current.HasSubject(subject!))
        {
            fault = "The claim 'sub' is the subject of a token of the server itself (Auth:Tokens).";
            return null;
        }
        if (issuer.Grants.Of(claims, subject!, out fault) is not { } grants) return null;
        var now = _time.GetUtcNow();
        if (Time(claims, "exp") is not { } end || end > now.AddYears(MostYears))
        {
            fault = $"The claim 'exp' is no time of the next {MostYears} years; it has seconds since 1970.";
            return null;
        }
        // It would be younger than every revocation.
        var issued = Time(claims, "iat");
        if (issued > now + issuer.ClockSkew || (issued is null && claims.HasClaim(static c => c.Type == "iat")))
        {
            fault = "The claim 'iat' lies in the future, or is no time; it has seconds since 1970.";
            return null;
        }
        return Security.Credential.Create(
            Security.Credential.OfJwt, subject!, grants, issued ?? DateTimeOffset.UnixEpoch, end + issuer.ClockSkew);
    }

    private static DateTimeOffset? Time(ClaimsPrincipal claims, string type) =>
        double.TryParse(claims.FindFirst(type)?.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 253_402_300_799 - 300 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    private static string Fault(Exception? fault, JwtIssuer issuer) => fault switch
    {
        SecurityTokenInvalidLifetimeException => "The token ends before it begins (claims 'nbf' and 'exp').",
        SecurityTokenExpiredException => "The token has expired (claim 'exp').",
        SecurityTokenNotYetValidException => "The token is not valid yet (claim 'nbf').",
        SecurityTokenNoExpirationException => "The token has no claim 'exp'.",
        SecurityTokenInvalidAudienceException => $"The claim 'aud' is none of {issuer.Section}:Audience.",
        SecurityTokenInvalidAlgorithmException => $"The token's algorithm is none of {issuer.Section}:Algorithms.",
        SecurityTokenSignatureKeyNotFoundException => $"The token is signed with no key of the issuer of {issuer.Section}, or with an "
            + "algorithm that is none of its Algorithms.",
        _ => $"The signature of the token fits no key of the issuer of {issuer.Section}.",
    };
}

/// <summary>What became of a token.</summary>
/// <param name="Credential">What it gives; null when it is not accepted.</param>
/// <param name="Fault">Why it is not, without a part of the token.</param>
/// <param name="IsUnavailable">True when that cannot be said now.</param>
internal readonly record struct JwtAnswer(Credential? Credential, string? Fault, bool IsUnavailable = false);
