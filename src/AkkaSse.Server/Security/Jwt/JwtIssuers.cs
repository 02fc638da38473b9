using System.Text;
using AkkaSse.Hub;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>The issuers whose tokens are accepted, by the claim <c>iss</c>. Immutable.</summary>
internal sealed class JwtIssuers
{
    private const int MinKeyBytes = 32;

    // Signed with a private key, and with a shared one with the bytes that it needs (RFC 7518, 3.2).
    private static readonly string[] Asymmetric =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
    private static readonly (string Name, int Bytes)[] Symmetric = [("HS256", 32), ("HS384", 48), ("HS512", 64)];

    private readonly Dictionary<string, JwtIssuer> _byName;

    private JwtIssuers(List<JwtIssuer> all)
    {
        All = all;
        _byName = all.ToDictionary(static i => i.Name, StringComparer.Ordinal);
    }

    internal IReadOnlyList<JwtIssuer> All { get; }

    /// <summary>Reads the settings; faults name the key and never the secret.</summary>
    internal static JwtIssuers Create(AuthSettings settings, List<string> faults)
    {
        var all = new List<JwtIssuer>();
        for (var i = 0; i < settings.Jwt.Count; i++)
        {
            var entry = settings.Jwt[i];
            var key = $"{AuthSettings.Section}:{nameof(AuthSettings.Jwt)}:{i}";
            var before = faults.Count;
            faults.AddRange(Validate(entry, key));
            var shared = Shared(entry, key, faults);
            var algorithms = Algorithms(entry, key, shared, faults);
            var grants = JwtGrants.Create(entry, key, faults);
            if (NameOf(entry) is { } name && settings.Jwt.Take(i).Any(e => NameOf(e) == name))
                faults.Add($"{key}:Issuer is '{name}', as that of an entry before it; one entry per issuer is allowed.");
            if (settings.Jwt.Where((e, j) => j != i && entry.SubjectPrefix.StartsWith(e.SubjectPrefix, StringComparison.Ordinal)).Any())
            {
                faults.Add($"{key}:SubjectPrefix is '{entry.SubjectPrefix}'; with several issuers each needs one that does not begin with "
                    + "another's.");
            }
            if (faults.Count == before) all.Add(new JwtIssuer(i, entry, shared, algorithms, grants));
        }
        return new JwtIssuers(faults.Count == 0 ? all : []);
    }

    /// <summary>The issuer of this name, or null.</summary>
    internal JwtIssuer? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The patterns of grants by which two issuers give the same names to tokens with equal claims.</summary>
    internal IEnumerable<(JwtIssuer First, JwtIssuer Second, string Pattern)> Common() =>
        All.SelectMany((first, i) => All.Skip(i + 1).SelectMany(
            second => first.Grants.Common(second.Grants).Select(pattern => (first, second, pattern))));

    internal static string? NameOf(JwtSettings settings) => settings.Issuer is { Length: > 0 } name ? name : settings.Authority;

    private static IEnumerable<string> Validate(JwtSettings entry, string key)
    {
        if (string.IsNullOrEmpty(NameOf(entry))) yield return $"{key}:Issuer is missing; the claim 'iss' of the tokens is needed.";
        if (entry.Audience.Count == 0 || entry.Audience.Contains(""))
            yield return $"{key}:Audience is empty; what the claim 'aud' of tokens for this hub says is needed.";
        var sources = new[] { entry.Authority, entry.JwksUrl, entry.JwksFile, entry.Key, entry.KeyFile }.Count(static s => s is not null);
        if (sources != 1)
        {
            yield return $"{key} has {(sources == 0 ? "none" : "several")} of Authority, JwksUrl, JwksFile, Key and KeyFile; exactly one "
                + "is needed.";
        }
        foreach (var (name, url) in new[] { ("Authority", entry.Authority), ("JwksUrl", entry.JwksUrl) })
        {
            if (url is not null && !IsTrusted(url))
                yield return $"{key}:{name} is '{url}'; an https url is allowed, or an http one of this host (http://127.0.0.1).";
        }
        if (entry.ClockSkew < TimeSpan.Zero || entry.ClockSkew > TimeSpan.FromMinutes(5))
            yield return $"{key}:ClockSkew is {Durations.Format(entry.ClockSkew)}; 0s to 5m are allowed.";
        if (entry.KeyRefresh < TimeSpan.FromSeconds(1) || entry.KeyRefresh > TimeSpan.FromHours(1))
            yield return $"{key}:KeyRefresh is {Durations.Format(entry.KeyRefresh)}; 1s to 1h are allowed.";
        if (entry.SubjectPrefix.Length > 0 && HubNames.Check(entry.SubjectPrefix) is { } wrong)
            yield return $"{key}:SubjectPrefix is '{entry.SubjectPrefix}'; {wrong}";
        if (entry.JwksFile is { } file && FileFault(file) is { } fault) yield return $"{key}:JwksFile is '{file}'; {fault}";
    }

    // A key that comes over an open network is whatever somebody on the way says.
    private static bool IsTrusted(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && HostNames.IsLoopback(url.Host)));

    private static string? FileFault(string file)
    {
        try
        {
            return JwksRetriever.Read(File.ReadAllText(file)).SigningKeys.Count == 0 ? "it has no key for signatures." : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"it cannot be read: {e.Message}";
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException)
        {
            return "it is no JSON Web Key Set.";
        }
    }

    private static byte[]? Shared(JwtSettings entry, string key, List<string> faults)
    {
        var text = entry.Key;
        if (entry.KeyFile is { } file)
        {
            try
            {
                text = File.ReadAllText(file).Trim();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{key}:KeyFile is '{file}'; it cannot be read: {e.Message}");
                return null;
            }
        }
        if (text is null) return null;
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length >= MinKeyBytes) return bytes;
        faults.Add($"{key}:{(entry.KeyFile is null ? "Key" : "KeyFile")} has {bytes.Length} bytes; at least {MinKeyBytes} are needed.");
        return null;
    }

    // A key set whose public keys an HMAC is checked with, or `none`, would let everybody sign.
    private static string[] Algorithms(JwtSettings entry, string key, byte[]? shared, List<string> faults)
    {
        var isShared = entry.Key is not null || entry.KeyFile is not null;
        string[] allowed = isShared
            ? [.. Symmetric.Where(a => shared is null || shared.Length >= a.Bytes).Select(static a => a.Name)]
            : Asymmetric;
        foreach (var algorithm in entry.Algorithms.Except(allowed))
        {
            faults.Add($"{key}:Algorithms has '{algorithm}'; with {(isShared ? "this shared key" : "keys of the issuer")} "
                + $"{string.Join(", ", allowed)} are allowed.");
        }
        return entry.Algorithms.Count > 0 ? [.. entry.Algorithms] : allowed;
    }
}
