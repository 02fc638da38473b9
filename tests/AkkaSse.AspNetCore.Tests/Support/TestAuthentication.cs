using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AkkaSse.AspNetCore.Tests;

/// <summary>Believes the header <c>X-User</c>; <c>X-Role</c> becomes a role.</summary>
internal sealed class TestAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Scheme_ = "Test";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers["X-User"] is not { Count: 1 } user) return Task.FromResult(AuthenticateResult.NoResult());
        var claims = new List<Claim> { new("sub", user.ToString()) };
        if (Request.Headers["X-Role"] is { Count: 1 } role) claims.Add(new Claim(ClaimTypes.Role, role.ToString()));
        return Task.FromResult(
            AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme_)), Scheme_)));
    }
}
