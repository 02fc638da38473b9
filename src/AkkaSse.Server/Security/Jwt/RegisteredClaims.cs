using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>
/// Says which claim has no value of its kind (RFC 7519, 4.1) in a token that the package cannot read: it says so in a sentence about its
/// own parser. Pure.
/// </summary>
internal static class RegisteredClaims
{
    private static readonly string[] Times = ["exp", "nbf", "iat"];

    /// <summary>The fault, or null when the token is no JSON or has nothing wrong of this kind.</summary>
    internal static string? FaultOf(string token)
    {
        try
        {
            using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.Split('.')[1]));
            if (payload.RootElement.ValueKind != JsonValueKind.Object) return null;
            foreach (var claim in payload.RootElement.EnumerateObject())
            {
                if (claim.Name == "iss" && claim.Value.ValueKind != JsonValueKind.String) return "The claim 'iss' of the token is no text.";
                if (Times.Contains(claim.Name) && !IsTime(claim.Value))
                    return $"The claim '{claim.Name}' of the token is no time; a number of seconds since 1970 is needed.";
            }
            return null;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private static bool IsTime(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && Math.Abs(seconds) < 253_402_300_800;
}
