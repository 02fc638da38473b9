using System.Security.Claims;
using AkkaSse.AspNetCore;
using AkkaSse.Server.Configuration;
using AkkaSse.Server.Security.Jwt;
using AkkaSse.Server.Security.Sessions;
using AkkaSse.Server.Security.Tokens;
using Microsoft.AspNetCore.Authentication;

namespace AkkaSse.Server.Security;

/// <summary>Who a caller is, and policies by grant.</summary>
internal static class GrantPolicies
{
    /// <summary>May read metrics and the state of the cluster.</summary>
    internal const string Observe = "akkasse-server-observe";

    /// <summary>Has shown a token; what it may do is then asked for each name.</summary>
    internal const string Known = "akkasse-server-known";

    internal static void Add(IServiceCollection services, EffectiveSettings settings)
    {
        var authentication = services.AddAuthentication(BearerHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, null);
        foreach (var issuer in settings.Issuers.All) authentication.AddJwtBearer(issuer.Scheme, issuer.Configure);
        services.AddSingleton(new TokenStore(settings.Tokens));
        services.AddSingleton(settings.Issuers);
        services.AddSingleton<ValidatedTokens>();
        services.AddSingleton<JwtValidator>();
        services.AddHostedService<TokenReload>();
        SessionCookie.Add(authentication, settings);
        services.AddSingleton<TicketStore>();
        services.AddSingleton<Revocations>();
        services.AddHostedService(static provider => provider.GetRequiredService<Revocations>());
        services.AddSingleton<SessionEndpoints>();
        services.AddAuthorizationBuilder()
            .AddPolicy(Known, policy => policy.RequireAuthenticatedUser())
            .AddPolicy(Observe, policy => policy.RequireAuthenticatedUser().RequireAssertion(context => context.User.May("cluster")));
        services.AddSingleton<TokenAttempts>();
        services.AddSingleton<IHubAuthorizer, GrantAuthorizer>();
    }

    /// <summary>Whether a caller's grants cover a verb on a name; without a name the grant must be for all.</summary>
    internal static bool May(this ClaimsPrincipal user, string verb, string? name = null) =>
        user.FindAll(Grant.ClaimType).Any(c => Grant.TryParse(c.Value, out var grant) && grant.Covers(verb, name));

    /// <summary>Whether one of a caller's grants covers a verb on all names that begin with a prefix; null: on all names.</summary>
    internal static bool MayList(this ClaimsPrincipal user, string verb, string? prefix) =>
        user.FindAll(Grant.ClaimType).Any(c => Grant.TryParse(c.Value, out var grant) && grant.CoversAll(verb, prefix));
}
