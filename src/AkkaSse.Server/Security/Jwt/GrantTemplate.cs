using System.Security.Claims;
using System.Text;

namespace AkkaSse.Server.Security.Jwt;

/// <summary>
/// A grant with claims in braces (<c>subscribe:user/{sub}/*</c>). Two values of a claim never make patterns that cover a name in common,
/// and no value makes a pattern cover more than the template shows: <see cref="TryParse"/> and <see cref="ValueFault"/> see to it.
/// Immutable.
/// </summary>
internal sealed class GrantTemplate
{
    /// <summary>
    /// The placeholder for the subject: the issuer's prefix and the claim <c>sub</c>. It stands for no claim of this name.
    /// </summary>
    internal const string Subject = "subject";

    /// <summary>Most grants that one template makes of claims with several values.</summary>
    internal const int MaxGrants = 256;

    private const int MaxValueLength = 256;

    private readonly Part[] _parts;
    private readonly string _verb;

    private GrantTemplate(string text, string verb, Part[] parts)
    {
        Text = text;
        _verb = verb;
        _parts = parts;
    }

    internal string Text { get; }

    /// <summary>Whether the subject stands in it.</summary>
    internal bool HasSubject => _parts.Any(static p => p.Claim == Subject);

    /// <summary>What stands behind its claims.</summary>
    internal IEnumerable<char> Delimiters => _parts.Where(static p => p.Delimiter is not null).Select(static p => p.Delimiter!.Value);

    /// <summary>Reads a template; null with what is wrong.</summary>
    internal static GrantTemplate? TryParse(string text, out string fault)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var verb = colon < 0 ? text : text[..colon];
        var pattern = colon < 0 ? "*" : text[(colon + 1)..];
        if (!Grant.IsVerb(verb, out fault)) return null;
        var parts = new List<Part>();
        var rest = pattern.AsSpan();
        while (rest.Length > 0)
        {
            var open = rest.IndexOfAny('{', '}');
            if (open < 0)
            {
                parts.Add(new Part(rest.ToString(), null, null));
                break;
            }
            var close = rest.IndexOf('}');
            if (rest[open] == '}' || close < open + 2 || rest[(open + 1)..close].Contains('{'))
            {
                fault = "a claim stands between braces, like {sub}, and braces elsewhere are not allowed.";
                return null;
            }
            if (open > 0) parts.Add(new Part(rest[..open].ToString(), null, null));
            var claim = rest[(open + 1)..close].ToString();
            rest = rest[(close + 1)..];
            // A value that another one begins with, or that goes on as the pattern does, would cover the other one's names.
            if (rest.Length > 0 && (rest[0] is '*' or '{' || char.IsLetterOrDigit(rest[0])))
            {
                fault = $"behind {{{claim}}} the pattern ends or goes on with a separator, like {{{claim}}}/*.";
                return null;
            }
            parts.Add(new Part(null, claim, rest.Length > 0 ? rest[0] : null));
        }
        // What is written here for the claims is checked with the values.
        if (!Grant.TryRead(verb + ":" + string.Concat(parts.Select(static p => p.Literal ?? "x")), out _, out fault)) return null;
        return new GrantTemplate(text, verb, [.. parts]);
    }

    /// <summary>
    /// Adds the grants for these claims: none where a claim is missing, one per value where it has several. A fault names the claim and
    /// never its value.
    /// </summary>
    /// <param name="claims">Of a validated token.</param>
    /// <param name="subject">Its subject, with the issuer's prefix.</param>
    /// <param name="delimiters">Those of all templates of the issuer, so that no value of one makes a name of another.</param>
    /// <param name="to">Takes the grants.</param>
    /// <returns>Null, or what is wrong with a claim.</returns>
    internal string? Expand(ClaimsPrincipal claims, string subject, string delimiters, ICollection<Grant> to)
    {
        var patterns = new List<string> { "" };
        foreach (var part in _parts)
        {
            if (part.Literal is { } literal)
            {
                for (var i = 0; i < patterns.Count; i++) patterns[i] += literal;
                continue;
            }
            var grown = new List<string>();
            foreach (var claim in part.Claim == Subject ? [new Claim(Subject, subject)] : claims.FindAll(part.Claim!))
            {
                if (ValueFault(claim, delimiters) is { } fault)
                    return $"The claim '{(part.Claim == Subject ? "sub" : part.Claim)}' cannot stand in '{Text}': {fault}";
                if (grown.Count + patterns.Count > MaxGrants)
                    return $"The claim '{part.Claim}' makes more than {MaxGrants} grants of '{Text}', which is what is allowed.";
                foreach (var pattern in patterns) grown.Add(pattern + claim.Value);
            }
            if (grown.Count == 0) return null;
            patterns = grown;
        }
        foreach (var pattern in patterns) to.Add(new Grant(_verb, pattern));
        return null;
    }

    /// <summary>
    /// Whether tokens of two issuers with the same value get the same names by this template and another one: the patterns are equal but
    /// for the names of claims, and the subject, which differs between issuers, stands in the same place of neither.
    /// </summary>
    internal bool Meets(GrantTemplate other) =>
        (_verb == other._verb || _verb == "all" || other._verb == "all")
        && _parts.Any(static p => p.Claim is not null) && _parts.Length == other._parts.Length
        && _parts.Zip(other._parts).All(static p =>
            p.First.Literal == p.Second.Literal && (p.First.Claim != Subject || p.Second.Claim != Subject));

    /// <summary>Why a value may not stand in a pattern; null when it may.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="delimiters">What stands behind claims in patterns.</param>
    internal static string? ValueFault(Claim claim, string delimiters)
    {
        if (claim.ValueType is "JSON" or "JSON_ARRAY" or "JSON_NULL") return "a text, number or boolean is needed.";
        var value = claim.Value;
        if (value.Length is 0 or > MaxValueLength) return $"1 to {MaxValueLength} characters are allowed.";
        if (value is "." or "..") return "'.' and '..' are not allowed.";
        foreach (var rune in value.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune) || Rune.IsWhiteSpace(rune))
                return "spaces and control characters are not allowed.";
            if (rune.Value is '*' or '/' or '{' or '}') return $"'{rune}' is not allowed in it.";
            if (rune.IsBmp && delimiters.Contains((char)rune.Value, StringComparison.Ordinal))
                return $"'{rune}' is not allowed in it, because it stands behind a claim in a pattern.";
        }
        return null;
    }

    // A literal, or a claim and what follows it.
    private readonly record struct Part(string? Literal, string? Claim, char? Delimiter);
}
