using AkkaSse.Hub;

namespace AkkaSse.Server.Security.Tokens;

/// <summary>The accepted tokens as hashes. Immutable.</summary>
/// <remarks>
/// Hashes make the compared values equally long and keep secrets out of memory dumps; all entries are compared, so time says nothing about
/// which fits.
/// </remarks>
internal sealed class TokenTable
{
    internal const int MinLength = 16;

    /// <summary>What a token consists of.</summary>
    internal const string Needed = "at least 16 printable ASCII characters without spaces";

    private readonly (SecretHash Hash, Credential Credential)[] _entries;
    private readonly HashSet<string> _subjects;

    private TokenTable(List<(SecretHash, Credential)> entries, IEnumerable<string> subjects, string content)
    {
        _entries = [.. entries];
        _subjects = subjects.ToHashSet(StringComparer.Ordinal);
        Content = content;
    }

    internal int Count => _entries.Length;

    /// <summary>The same for tables that accept the same tokens for the same.</summary>
    internal string Content { get; }

    /// <summary>Reads the settings; faults name the key and never the secret.</summary>
    internal static TokenTable Create(AuthSettings settings, List<string> faults)
    {
        var entries = new List<(SecretHash Hash, Credential)>();
        var content = new List<string>();
        for (var i = 0; i < settings.Tokens.Count; i++)
        {
            var key = $"{AuthSettings.Section}:Tokens:{i}";
            var entry = settings.Tokens[i];
            var before = faults.Count;
            var hash = Hash(entry, key, faults);
            if (HubNames.Check(entry.Subject) is { } wrong) faults.Add($"{key}:Subject is '{entry.Subject}'; {wrong}");
            if (settings.Jwt.Find(j => j.SubjectPrefix.Length > 0
                && entry.Subject?.StartsWith(j.SubjectPrefix, StringComparison.Ordinal) == true) is { } issuer)
            {
                faults.Add($"{key}:Subject is '{entry.Subject}'; it begins with the SubjectPrefix '{issuer.SubjectPrefix}' of an issuer, "
                    + "whose subjects are its own.");
            }
            var grants = Grants(entry, key, faults);
            if (faults.Count > before) continue;
            if (entries.Exists(e => e.Hash == hash))
                faults.Add($"{key} has the same secret as an entry before it; every entry needs its own.");
            entries.Add((hash, Credential.Create(
                Credential.OfToken, entry.Subject!, grants, issued: null, entry.Expires, hash.ToString())));
            content.Add($"{hash} {entry.Expires:O} {entry.Subject} {string.Join(' ', grants)}");
        }
        return new TokenTable(entries, settings.Tokens.Select(static t => t.Subject ?? ""), string.Join('\n', content));
    }

    /// <summary>What a token gives, whether it has ended or not; null when it is none of these.</summary>
    internal Credential? Find(in SecretHash hash)
    {
        Credential? found = null;
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            if (entry.Hash.Fits(hash)) found = entry.Credential;
        }
        return found;
    }

    /// <summary>Whether a text has the length and the characters of a token.</summary>
    internal static bool IsPossible(ReadOnlySpan<char> token) =>
        token.Length >= MinLength && !token.ContainsAnyExceptInRange('!', '~');

    /// <summary>Whether a subject is that of a token.</summary>
    internal bool HasSubject(string subject) => _subjects.Contains(subject);

    private static SecretHash Hash(TokenSettings entry, string key, List<string> faults)
    {
        if (new[] { entry.Token, entry.TokenFile, entry.Hash }.Count(static s => s is not null) is var sources and not 1)
        {
            faults.Add($"{key} has {(sources == 0 ? "none" : "several")} of Token, TokenFile and Hash; exactly one is needed.");
            return default;
        }
        if (entry.Hash is { } hex)
        {
            // Not repeated: who has mixed up the two keys has written the secret here.
            if (!SecretHash.TryParse(hex, out var given))
                faults.Add($"{key}:Hash has {hex.Length} characters; the SHA-256 of the token as 64 hexadecimal digits is needed.");
            return given;
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
                return default;
            }
        }
        if (IsPossible(secret)) return SecretHash.Of(secret);
        faults.Add($"{key}:{name} holds {secret!.Length} characters; {Needed} are needed.");
        return default;
    }

    private static List<Grant> Grants(TokenSettings entry, string key, List<string> faults)
    {
        var grants = new List<Grant>();
        foreach (var text in entry.Grants)
        {
            if (Grant.TryRead(text, out var grant, out var fault)) grants.Add(grant);
            else faults.Add($"{key}:Grants has '{text}'; {fault}");
        }
        if (entry.Grants.Count == 0) faults.Add($"{key}:Grants is empty; {Grant.Allowed} are allowed.");
        return grants;
    }
}
