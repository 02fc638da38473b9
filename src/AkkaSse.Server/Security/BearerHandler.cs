using System.Globalization;
using System.Text.Encodings.Web;
using AkkaSse.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace AkkaSse.Server.Security;

/// <summary>
/// Accepts <c>Authorization: Bearer …</c> with a token of the server's own or a JSON Web Token. A token in the query is not accepted: it
/// would stand in logs of proxies.
/// </summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenStore tokens, JwtValidator jwt,
    TokenAttempts attempts, TimeProvider time, IHubErrorWriter errors)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "Bearer";

    private static readonly TimeSpan UnavailableRetry = TimeSpan.FromSeconds(5);

    // One handler per request.
    private bool _isExhausted, _isUnavailable;
    private string? _fault;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(SchemeName + " ", StringComparison.OrdinalIgnoreCase)) return Task.FromResult(AuthenticateResult.NoResult());
        var token = header.AsSpan(SchemeName.Length + 1).Trim();
        var hash = SecretHash.Of(token);
        if (tokens.Current.Find(hash) is { } credential)
        {
            return Task.FromResult(credential.Expires > time.GetUtcNow()
                ? credential.Result
                : Refuse("The token has expired."));
        }
        if (jwt.Validated.Find(hash) is { } validated) return Task.FromResult(validated.Result);
        return jwt.IssuerOf(token.ToString(), out var fault) is { } issuer
            ? ValidateAsync(issuer, hash)
            : Task.FromResult(Refuse(fault ?? "The token is not known."));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_isUnavailable)
        {
            RetryAfter(UnavailableRetry);
            return errors.WriteAsync(Context, StatusCodes.Status503ServiceUnavailable, HubErrorCodes.IdentityUnavailable, _fault!);
        }
        if (_isExhausted)
        {
            RetryAfter(TokenAttempts.Refill);
            return errors.WriteAsync(Context, StatusCodes.Status429TooManyRequests, HubErrorCodes.TooManyAttempts,
                $"{_fault} Too many such tokens came from this address: one a second is allowed. A token that is right is let in all the "
                + "same.");
        }
        // RFC 6750: no error code when the request carried no token at all.
        Response.Headers.WWWAuthenticate = Request.Headers.Authorization.Count == 0 ? SchemeName : SchemeName + " error=\"invalid_token\"";
        return errors.WriteAsync(Context, StatusCodes.Status401Unauthorized, HubErrorCodes.Unauthorized,
            _fault ?? "This call needs a bearer token that the server accepts.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        errors.WriteAsync(Context, StatusCodes.Status403Forbidden, HubErrorCodes.Forbidden, "The token does not grant this call.");

    private async Task<AuthenticateResult> ValidateAsync(JwtIssuer issuer, SecretHash hash)
    {
        var answer = await jwt.ValidateAsync(Context, issuer, hash);
        if (answer.Credential is { } credential) return credential.Result;
        if (!answer.IsUnavailable) return Refuse(answer.Fault!);
        _isUnavailable = true;
        _fault = answer.Fault;
        return AuthenticateResult.Fail(_fault!);
    }

    private AuthenticateResult Refuse(string fault)
    {
        _fault = fault;
        var remote = Context.Connection.RemoteIpAddress;
        _isExhausted = attempts.IsExhausted(remote);
        attempts.Failed(remote);
        return AuthenticateResult.Fail(fault);
    }

    private void RetryAfter(TimeSpan wait) =>
        Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
