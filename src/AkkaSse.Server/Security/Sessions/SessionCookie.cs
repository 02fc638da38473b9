using System.Globalization;
using System.Security.Claims;
using AkkaSse.Server.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;

namespace AkkaSse.Server.Security.Sessions;

/// <summary>
/// The cookie of a browser that has signed in with a token: ASP.NET Core's, encrypted with keys of data protection, so that every node with
/// the same keys accepts it and none has to remember it.
/// </summary>
internal static class SessionCookie
{
    internal const string Scheme = "session";

    /// <summary>Browsers set and send a cookie of this prefix over TLS (or loopback) alone, for this host alone, with the path /.</summary>
    internal const string Name = "__Host-akkasse";

    internal static void Add(AuthenticationBuilder authentication, EffectiveSettings settings)
    {
        var protection = authentication.Services.AddDataProtection().SetApplicationName("akkasse");
        if (settings.Auth.KeyDirectory is { } directory) protection.PersistKeysToFileSystem(Private(directory));
        // The default is a directory below the user's home, whose keys nobody has asked for.
        else protection.UseEphemeralDataProtectionProvider();
        authentication.AddCookie(Scheme, options =>
        {
            options.Cookie.Name = Name;
            options.Cookie.Path = "/";
            options.Cookie.HttpOnly = true;
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            options.Cookie.SameSite = settings.Auth.SessionSameSite;
            options.ExpireTimeSpan = settings.Auth.SessionLifetime;
            options.SlidingExpiration = false;
        });
    }

    /// <summary>Whether a request carries a session.</summary>
    internal static bool IsSent(HttpRequest request) =>
        request.Headers.Cookie.ToString().Contains(Name, StringComparison.Ordinal) && request.Cookies.ContainsKey(Name);

    /// <summary>Whether a request is served for its session.</summary>
    internal static bool IsUsed(HttpContext context) =>
        context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Ticket?.AuthenticationScheme == Scheme;

    /// <summary>Sets the cookie.</summary>
    /// <returns>When it ends.</returns>
    internal static async Task<DateTimeOffset> SignInAsync(HttpContext context, TimeSpan life, DateTimeOffset now)
    {
        var result = context.Features.Get<IAuthenticateResultFeature>()!.AuthenticateResult!;
        var expires = now + life;
        if (result.Properties?.ExpiresUtc is { } end && end < expires) expires = end;
        var identity = ((ClaimsIdentity)context.User.Identity!).Clone();
        // As old as what it is made with: a revocation that this node has not heard of yet must hold for it, too. A token of the server's
        // own, which has no time of issue, ends by its removal.
        if (identity.FindFirst(Credential.IssuedClaim) is null)
            identity.AddClaim(new Claim(Credential.IssuedClaim, now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)));
        await context.SignInAsync(
            Scheme, new ClaimsPrincipal(identity), new AuthenticationProperties { IssuedUtc = now, ExpiresUtc = expires });
        return expires;
    }

    private static DirectoryInfo Private(string path) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(path)
        : Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
