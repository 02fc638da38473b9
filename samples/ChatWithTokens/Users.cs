using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication.BearerToken;

namespace ChatWithTokens;

/// <summary>The body of a sign-in.</summary>
internal sealed record Login(string Name, string Password);

/// <summary>The body of a message.</summary>
internal sealed record ChatMessage(string Text);

/// <summary>Who there is. An application of yours asks its user store.</summary>
internal static class Users
{
    private const string ChannelClaim = "channel";

    private static readonly Dictionary<string, (string Password, string[] Channels)> All = new(StringComparer.Ordinal)
    {
        ["ada"] = ("countess", ["lobby", "engines"]),
        ["bob"] = ("builder", ["lobby"]),
    };

    /// <summary>The user with this name and password, or null.</summary>
    internal static ClaimsPrincipal? SignIn(Login login)
    {
        if (!All.TryGetValue(login.Name, out var user) || !AreEqual(user.Password, login.Password)) return null;
        // The name is the subject, and so the only client id that this user may take.
        Claim[] claims = [new(ClaimTypes.Name, login.Name), .. user.Channels.Select(static c => new Claim(ChannelClaim, c))];
        return new ClaimsPrincipal(new ClaimsIdentity(claims, BearerTokenDefaults.AuthenticationScheme));
    }

    /// <summary>Whether a user is a member of a channel.</summary>
    internal static bool MayRead(ClaimsPrincipal user, string channel) => user.HasClaim(ChannelClaim, channel);

    // A comparison that ends at the first difference tells by its time how many characters were right.
    private static bool AreEqual(string expected, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
