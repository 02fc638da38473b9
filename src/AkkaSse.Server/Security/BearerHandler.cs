using System.Globalization;
using System.Text.Encodings.Web;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Security.Jwt;
using AkkaSse.Server.Security.Sessions;
using AkkaSse.Server.Security.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace AkkaSse.Server.Security;

/// <summary>
/// Accepts <c>Authorization: Bearer …</c> with a token of the server's own or a JSON Web Token, the cookie of a session, and for event
/// streams a ticket in the query. Another token in the query is not accepted: it would stand in logs of proxies.
/// </summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, TokenStore tokens, JwtValidator jwt,
    TicketStore tickets, Revocations revocations, TokenAttempts attempts, TimeProvider time, IHubErrorWriter errors, IHubEdge edge)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string SchemeName = "Bearer";

    private const string TicketParameter = "ticket";
    private static readonly TimeSpan IssuerRetry = TimeSpan.FromSeconds(5);

    // One handler per request.
    private bool _isExhausted, _isIssuerAway, _isEngineAway;
    private string? _fault;

    private bool IsEventStream => Context.GetEndpoint()?.IsSseEventStream() == true;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.StartsWith(SchemeName + " ", StringComparison.OrdinalIgnoreCase))
            return BearerAsync(header.AsSpan(SchemeName.Length + 1).Trim());
        if (Request.QueryString.HasValue && IsEventStream && Request.Query[TicketParameter] is { Count: > 0 } given)
            return TicketAsync(given.Count == 1 ? given[0]! : "");
        return SessionCookie.IsSent(Request) ? SessionAsync() : Task.FromResult(AuthenticateResult.NoResult());
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_isEngineAway)
        {
            // A browser, which would give up for ever on any other status.
            if (IsEventStream) return BrowserEnd.WriteAsync(Context, edge.RefusalRetry());
            RetryAfter(edge.RefusalRetry());
            return errors.WriteAsync(Context, StatusCodes.Status503ServiceUnavailable, HubErrorCodes.EngineUnavailable, _fault!);
        }
        if (_isIssuerAway)
        {
            RetryAfter(IssuerRetry);
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
        Response.Headers.WWWAuthenticate = _fault is null ? SchemeName : SchemeName + " error=\"invalid_token\"";
        return errors.WriteAsync(Context, StatusCodes.Status401Unauthorized, HubErrorCodes.Unauthorized,
            _fault ?? "This call needs a bearer token that the server accepts.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        errors.WriteAsync(Context, StatusCodes.Status403Forbidden, HubErrorCodes.Forbidden,
            "The token does not grant this call; it needs the verb cluster.");

    private Task<AuthenticateResult> BearerAsync(ReadOnlySpan<char> token)
    {
        // A hash in the configuration may be that of a word: whoever says the word is let in by no hash.
        if (!TokenTable.IsPossible(token))
            return Task.FromResult(RefuseToken($"The token is not known: {TokenTable.Needed} make one."));
        var hash = SecretHash.Of(token);
        if (tokens.Current.Find(hash) is { } credential)
        {
            return Task.FromResult(credential.Expires > time.GetUtcNow()
                ? credential.Result
                : RefuseToken("The token has expired."));
        }
        if (jwt.Validated.Find(hash) is { } validated) return Task.FromResult(Accept(validated));
        return jwt.IssuerOf(token.ToString(), out var fault) is { } issuer
            ? JwtAsync(issuer, hash)
            : Task.FromResult(RefuseToken(fault ?? "The token is not known."));
    }

    private async Task<AuthenticateResult> JwtAsync(JwtIssuer issuer, SecretHash hash)
    {
        var answer = await jwt.ValidateAsync(Context, issuer, hash);
        if (answer.Credential is { } credential) return Accept(credential);
        if (!answer.IsUnavailable) return RefuseToken(answer.Fault!);
        _isIssuerAway = true;
        return Refuse(answer.Fault!);
    }

    private async Task<AuthenticateResult> TicketAsync(string ticket)
    {
        var answer = await tickets.UseAsync(ticket, Single("client"), Single("instance"));
        _isEngineAway = answer.IsUnavailable;
        if (answer.Content is not { } content) return answer.IsUnavailable ? Refuse(answer.Fault!) : RefuseToken(answer.Fault!);
        return Accept(content.ToCredential());
    }

    private async Task<AuthenticateResult> SessionAsync()
    {
        var result = await Context.AuthenticateAsync(SessionCookie.Scheme);
        if (result.Principal is not { } principal) return Refuse("The session has ended, or is not of this server.");
        if (revocations.IsRevoked(principal) || revocations.IsRemoved(principal)) return Refuse("The session was revoked.");
        return result;
    }

    private AuthenticateResult Accept(Credential credential) =>
        revocations.IsRevoked(credential.Principal) || revocations.IsRemoved(credential.Principal)
            ? Refuse("The credential was revoked.")
            : credential.Result;

    private AuthenticateResult RefuseToken(string fault)
    {
        var remote = Context.Connection.RemoteIpAddress;
        _isExhausted = attempts.IsExhausted(remote);
        attempts.Failed(remote);
        return Refuse(fault);
    }

    private AuthenticateResult Refuse(string fault)
    {
        _fault = fault;
        return AuthenticateResult.Fail(fault);
    }

    private string? Single(string parameter) => Request.Query[parameter] is { Count: 1 } values ? values[0] : null;

    private void RetryAfter(TimeSpan wait) =>
        Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
