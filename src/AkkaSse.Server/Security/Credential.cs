using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;

namespace AkkaSse.Server.Security;

/// <summary>What an accepted credential gives. Immutable; the requests that come with it share it.</summary>
internal sealed class Credential
{
    /// <summary>The claim with the time of issue, in milliseconds since 1970; a token of the server's own has none.</summary>
    internal const string IssuedClaim = "akkasse:issued";

    /// <summary>The claim with the hash of the server's own token that the credential is, or was made with.</summary>
    internal const string TokenClaim = "akkasse:token";

    // What a credential is, in place of the scheme; SessionCookie.Scheme is the fourth.
    internal const string OfToken = "token", OfJwt = "jwt", OfTicket = "ticket";

    private Credential(string kind, ClaimsPrincipal principal, AuthenticationProperties properties, DateTimeOffset? expires)
    {
        Principal = principal;
        Expires = expires ?? DateTimeOffset.MaxValue;
        Result = AuthenticateResult.Success(new AuthenticationTicket(principal, properties, kind));
    }

    internal ClaimsPrincipal Principal { get; }

    /// <summary>The end; <see cref="DateTimeOffset.MaxValue"/> for never.</summary>
    internal DateTimeOffset Expires { get; }

    /// <summary>What an authentication handler answers.</summary>
    internal AuthenticateResult Result { get; }

    /// <param name="kind"><see cref="OfToken"/>, <see cref="OfJwt"/> or <see cref="OfTicket"/>.</param>
    /// <param name="subject">A valid name.</param>
    /// <param name="grants">What it may do.</param>
    /// <param name="issued">When it was issued; null where nothing says so.</param>
    /// <param name="expires">Null: never.</param>
    /// <param name="token">The hash of the server's own token; null for another credential.</param>
    internal static Credential Create(
        string kind, string subject, IEnumerable<Grant> grants, DateTimeOffset? issued, DateTimeOffset? expires, string? token = null)
    {
        var identity = new ClaimsIdentity(BearerHandler.SchemeName, ClaimTypes.NameIdentifier, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, subject));
        foreach (var grant in grants.Distinct()) identity.AddClaim(new Claim(Grant.ClaimType, grant.ToString()));
        if (issued is { } at)
            identity.AddClaim(new Claim(IssuedClaim, at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)));
        if (token is not null) identity.AddClaim(new Claim(TokenClaim, token));
        var properties = new AuthenticationProperties { IssuedUtc = issued, ExpiresUtc = expires };
        return new Credential(kind, new ClaimsPrincipal(identity), properties, expires);
    }
}

/// <summary>The SHA-256 of a secret: what is compared and remembered in its place.</summary>
internal readonly record struct SecretHash(long First, long Second, long Third, long Fourth)
{
    private const int OnStack = 2_048;

    internal static SecretHash Of(ReadOnlySpan<char> secret)
    {
        var size = Encoding.UTF8.GetMaxByteCount(secret.Length);
        var rented = size > OnStack ? ArrayPool<byte>.Shared.Rent(size) : null;
        var bytes = rented ?? stackalloc byte[OnStack];
        Span<long> hash = stackalloc long[4];
        var count = Encoding.UTF8.GetBytes(secret, bytes);
        SHA256.HashData(bytes[..count], MemoryMarshal.AsBytes(hash));
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        return new SecretHash(hash[0], hash[1], hash[2], hash[3]);
    }

    internal static bool TryParse(string hex, out SecretHash hash)
    {
        Span<long> parts = stackalloc long[4];
        var bytes = MemoryMarshal.AsBytes(parts);
        hash = default;
        if (hex.Length != 2 * bytes.Length
            || Convert.FromHexString(hex, bytes, out _, out var written) != OperationStatus.Done || written != bytes.Length) return false;
        hash = new SecretHash(parts[0], parts[1], parts[2], parts[3]);
        return true;
    }

    /// <summary>Compares in a time that says nothing about the place of a difference.</summary>
    internal bool Fits(in SecretHash other) =>
        ((First ^ other.First) | (Second ^ other.Second) | (Third ^ other.Third) | (Fourth ^ other.Fourth)) == 0;

    public override string ToString() => Convert.ToHexStringLower(MemoryMarshal.AsBytes<long>([First, Second, Third, Fourth]));
}
