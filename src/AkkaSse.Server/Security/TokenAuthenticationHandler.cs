using System.Text.Encodings.Web;
using AkkaSse.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace AkkaSse.Server.Security;

/// <summary>Accepts <c>Authorization: Bearer token</c>. A token in the query is not accepted: it would stand in logs of proxies.</summary>
internal sealed class TokenAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenTable tokens, IHubErrorWriter errors)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal new const string Scheme = "Bearer";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length == 0) return Task.FromResult(AuthenticateResult.NoResult());
        if (!header.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase)) return Task.FromResult(AuthenticateResult.NoResult());
        var principal = tokens.Find(header[(Scheme.Length + 1)..].Trim());
        return Task.FromResult(principal is null
            ? AuthenticateResult.Fail("The token is not known.")
            : AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // RFC 6750: no error code when the request carried no token at all.
        Response.Headers.WWWAuthenticate = Request.Headers.Authorization.Count == 0 ? Scheme : Scheme + " error=\"invalid_token\"";
        return errors.WriteAsync(Context, StatusCodes.Status401Unauthorized, HubErrorCodes.Unauthorized, "This call needs a bearer token that the server knows.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        errors.WriteAsync(Context, StatusCodes.Status403Forbidden, HubErrorCodes.Forbidden, "The token does not grant this call.");
}
