using System.Text.Encodings.Web;
using AkkaSse.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace AkkaSse.Server.Security;

/// <summary>Accepts <c>Authorization: Bearer token</c>. A token in the query is not accepted: it would stand in logs of proxies.</summary>
internal sealed class TokenAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenTable tokens,
    TokenAttempts attempts,
    IHubErrorWriter errors)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal new const string Scheme = "Bearer";

    // One handler per request.
    private bool _isExhausted;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length == 0) return Task.FromResult(AuthenticateResult.NoResult());
        if (!header.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase)) return Task.FromResult(AuthenticateResult.NoResult());
        if (tokens.Find(header[(Scheme.Length + 1)..].Trim()) is { } principal)
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme)));
        var remote = Context.Connection.RemoteIpAddress;
        _isExhausted = attempts.IsExhausted(remote);
        attempts.Failed(remote);
        return Task.FromResult(AuthenticateResult.Fail("The token is not known."));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_isExhausted)
        {
            Response.Headers.RetryAfter = ((int)TokenAttempts.Refill.TotalSeconds).ToString(
                System.Globalization.CultureInfo.InvariantCulture);
            return errors.WriteAsync(Context, StatusCodes.Status429TooManyRequests, HubErrorCodes.TooManyAttempts,
                "The token is not known, and too many such came from this address: one a second is allowed. A token that is known is " +
                "let in all the same.");
        }
        // RFC 6750: no error code when the request carried no token at all.
        Response.Headers.WWWAuthenticate = Request.Headers.Authorization.Count == 0 ? Scheme : Scheme + " error=\"invalid_token\"";
        return errors.WriteAsync(Context, StatusCodes.Status401Unauthorized, HubErrorCodes.Unauthorized,
            "This call needs a bearer token that the server knows.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        errors.WriteAsync(Context, StatusCodes.Status403Forbidden, HubErrorCodes.Forbidden, "The token does not grant this call.");
}
