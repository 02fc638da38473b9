using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using AkkaSse.Hub;

namespace AkkaSse.Server.Security;

/// <summary>The accepted tokens as hashes. Thread-safe.</summary>
/// <remarks>
/// Hashes make the compared values equally long and keep secrets out of memory dumps; all entries are compared, so time says nothing about
/// which fits.
/// </remarks>
internal sealed class TokenTable
{
    internal const int MinLength = 16;

    private readonly (byte[] Hash, ClaimsPrincipal Principal)[] _entries;

    private TokenTable(IEnumerable<(byte[] Hash, ClaimsPrincipal Principal)> entries) => _entries = [.. entries];

    internal int Count => _entries.Length;

    /// <summary>Reads the settings; faults name the key and never the secret.</summary>
    internal static TokenTable Create(AuthSettings settings, List<string> faults)
    {
        var entries = new List<(byte[] Hash, ClaimsPrincipal)>();
        for (var i = 0; i < settings.Tokens.Count; i++)
        {
            var key = $"{AuthSettings.Section}:Tokens:{i}";
            var entry = settings.Tokens[i];
            var before = faults.Count;
            var secret = Secret(entry, key, faults);
            if (HubNames.Check(entry.Subject) is { } wrong) faults.Add($"{key}:Subject is '{entry.Subject}'; {wrong}");
            var grants = Grants(entry, key, faults);
            if (faults.Count > before) continue;
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret!));
            if (entries.Exists(e => CryptographicOperations.FixedTimeEquals(e.Hash, hash)))
                faults.Add($"{key} has the same secret as an entry before it; every entry needs its own.");
            entries.Add((hash, Principal(entry.Subject!, grants)));
        }
        return new TokenTable(entries);
    }

    /// <summary>The owner of a token, or null.</summary>
    internal ClaimsPrincipal? Find(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        var found = -1;
        for (var i = 0; i < _entries.Length; i++)
        {
            if (CryptographicOperations.FixedTimeEquals(_entries[i].Hash, hash)) found = i;
        }
        return found < 0 ? null : _entries[found].Principal;
    }

    private static string? Secret(TokenSettings entry, string key, List<string> faults)
    {
        if (entry.Token is null == entry.TokenFile is null)
        {
            faults.Add($"{key} has {(entry.Token is null ? "neither Token nor TokenFile" : "both Token and TokenFile")}; exactly one is " +
                "needed.");
            return null;
        }
        var secret = entry.Token;
        var name = "Token";
        if (entry.TokenFile is { } file)
        {
            name = "TokenFile";
            try
            {
                secret = File.ReadAllText(file).Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{key}:TokenFile is '{file}'; it cannot be read: {e.Message}");
                return null;
            }
        }
        if (secret!.Length >= MinLength && secret.All(c => c is > ' ' and <= '~')) return secret;
        faults.Add($"{key}:{name} holds {secret.Length} characters; at least {MinLength}, printable ASCII without spaces, are needed.");
        return null;
    }

    private static List<Grant> Grants(TokenSettings entry, string key, List<string> faults)
    {
        var grants = new List<Grant>();
        foreach (var text in entry.Grants)
        {
            if (Grant.TryParse(text, out var grant)) grants.Add(grant);
            else faults.Add($"{key}:Grants has '{text}'; {Grant.Allowed} are allowed.");
        }
        if (entry.Grants.Count == 0) faults.Add($"{key}:Grants is empty; {Grant.Allowed} are allowed.");
        return grants;
    }

    private static ClaimsPrincipal Principal(string subject, List<Grant> grants)
    {
        var identity = new ClaimsIdentity(TokenAuthenticationHandler.Scheme, ClaimTypes.NameIdentifier, ClaimTypes.Role);
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, subject));
        foreach (var grant in grants) identity.AddClaim(new Claim(Grant.ClaimType, grant.ToString()));
        return new ClaimsPrincipal(identity);
    }
}
