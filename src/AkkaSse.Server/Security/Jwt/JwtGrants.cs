using System.Security.Claims;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>What the claims of an issuer's tokens grant. Immutable.</summary>
internal sealed class JwtGrants
{
    // Of a token; each is looked at for each name of a request.
    private const int MaxGrants = 1_024;
    private static readonly string[] ScopeClaims = ["scope", "scp"];

    private readonly string? _claim;
    private readonly GrantTemplate[] _all;
    private readonly Dictionary<string, GrantTemplate[]> _scopes;
    private readonly string _delimiters;

    private JwtGrants(string? claim, GrantTemplate[] all, Dictionary<string, GrantTemplate[]> scopes)
    {
        _claim = claim;
        _all = all;
        _scopes = scopes;
        _delimiters = string.Concat(Templates().SelectMany(static t => t.Delimiters).Distinct());
    }

    /// <summary>Reads the settings of an issuer; faults name the key.</summary>
    internal static JwtGrants Create(JwtSettings settings, string key, List<string> faults)
    {
        var scopes = new Dictionary<string, GrantTemplate[]>(StringComparer.Ordinal);
        for (var i = 0; i < settings.Scopes.Count; i++)
        {
            var entry = settings.Scopes[i];
            var at = $"{key}:{nameof(JwtSettings.Scopes)}:{i}";
            if (entry.Grants.Count == 0) faults.Add($"{at}:Grants is empty; {Grant.Allowed} are allowed.");
            if (entry.Scope is not { Length: > 0 } scope || scope.Contains(' ', StringComparison.Ordinal))
                faults.Add($"{at}:Scope is '{entry.Scope}'; one scope, without a space, is needed.");
            else if (!scopes.TryAdd(scope, Templates(entry.Grants, at, faults)))
                faults.Add($"{at}:Scope is '{scope}', as that of an entry before it; one entry per scope is allowed.");
        }
        var grants = new JwtGrants(
            settings.GrantsClaim.Length > 0 ? settings.GrantsClaim : null, Templates(settings.Grants, key, faults), scopes);
        // Every token would be refused for it.
        if (settings.SubjectPrefix.Length > 0 && grants.Templates().FirstOrDefault(static t => t.HasSubject) is { } template
            && GrantTemplate.ValueFault(new Claim(GrantTemplate.Subject, settings.SubjectPrefix + "x"), grants._delimiters) is { } wrong)
        {
            faults.Add($"{key}:SubjectPrefix is '{settings.SubjectPrefix}', and stands with {{{GrantTemplate.Subject}}} in "
                + $"'{template.Text}': {wrong}");
        }
        return grants;
    }

    /// <summary>The patterns by which two issuers give the same names to tokens with equal claims.</summary>
    internal IEnumerable<string> Common(JwtGrants other) =>
        Templates().Where(t => other.Templates().Any(t.Meets)).Select(static t => t.Text).Distinct(StringComparer.Ordinal);

    /// <summary>The grants of a validated token; null with what is wrong with a claim.</summary>
    /// <param name="claims">Its claims.</param>
    /// <param name="subject">Its subject, with the issuer's prefix.</param>
    /// <param name="fault">What is wrong.</param>
    internal List<Grant>? Of(ClaimsPrincipal claims, string subject, out string fault)
    {
        var grants = new List<Grant>();
        fault = "";
        if (_claim is not null)
        {
            foreach (var claim in claims.FindAll(_claim))
            {
                if (!Grant.TryRead(claim.Value, out var grant, out var why))
                {
                    fault = $"The claim '{_claim}' has a value that is no grant: {why}";
                    return null;
                }
                grants.Add(grant);
            }
        }
        foreach (var template in _all.Concat(Scopes(claims)))
        {
            if (template.Expand(claims, subject, _delimiters, grants) is not { } wrong) continue;
            fault = wrong;
            return null;
        }
        if (grants.Count <= MaxGrants) return grants;
        fault = $"The token has more than {MaxGrants} grants, which is what is allowed.";
        return null;
    }

    private IEnumerable<GrantTemplate> Templates() => _all.Concat(_scopes.Values.SelectMany(static t => t));

    private IEnumerable<GrantTemplate> Scopes(ClaimsPrincipal claims) =>
        _scopes.Count == 0 ? [] : ScopeClaims.SelectMany(claims.FindAll)
            .SelectMany(static c => c.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal)
            .SelectMany(scope => _scopes.GetValueOrDefault(scope, []));

    private static GrantTemplate[] Templates(List<string> texts, string key, List<string> faults)
    {
        var templates = new List<GrantTemplate>();
        foreach (var text in texts)
        {
            if (GrantTemplate.TryParse(text, out var fault) is { } template) templates.Add(template);
            else faults.Add($"{key}:Grants has '{text}'; {fault}");
        }
        return [.. templates];
    }
}
