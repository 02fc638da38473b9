using AkkaSse.Hub;

namespace AkkaSse.Server.Security;

/// <summary>
/// One thing a caller may do: <c>verb</c> or <c>verb:pattern</c>, where a pattern is a name or the beginning of names followed by <c>*</c>.
/// </summary>
internal readonly record struct Grant(string Verb, string Pattern)
{
    /// <summary>The verbs. <c>all</c> is every one of them on every name.</summary>
    internal static readonly string[] Verbs = ["subscribe", "publish", "manage", "zone", "notify", "send", "client", "clients", "sessions",
        "broadcast", "cluster", "audit", "all"];

    /// <summary>The claim type that carries a grant as text.</summary>
    internal const string ClaimType = "akkasse:grant";

    internal const string Allowed =
        "subscribe, publish and manage (of a stream: publish:orders*), zone and notify (of a zone), send and client (of a client id), " +
        "clients (of client ids), sessions (of a subject), broadcast, cluster, audit and all";

    internal static bool TryParse(string text, out Grant grant)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        grant = colon < 0 ? new Grant(text, "*") : new Grant(text[..colon], text[(colon + 1)..]);
        var star = grant.Pattern.IndexOf('*', StringComparison.Ordinal);
        return Verbs.Contains(grant.Verb) && grant.Pattern.Length > 0 && (star < 0 || star == grant.Pattern.Length - 1)
            && (grant.Pattern == "*" || grant.Verb is not ("broadcast" or "cluster" or "audit"));
    }

    /// <summary>Reads what people have written; false with a sentence that says what is wrong, and does not repeat it.</summary>
    internal static bool TryRead(string text, out Grant grant, out string fault)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        grant = colon < 0 ? new Grant(text, "*") : new Grant(text[..colon], text[(colon + 1)..]);
        if (IsVerb(grant.Verb, out fault)) fault = PatternFault(grant) ?? "";
        return fault.Length == 0;
    }

    /// <summary>Whether a text is a verb; false with a sentence.</summary>
    internal static bool IsVerb(string text, out string fault)
    {
        fault = Verbs.Contains(text) ? ""
            : text.Any(char.IsWhiteSpace) ? "a space stands in the verb; one verb, and perhaps ':' and one pattern, is a grant."
            : text.Length == 0 ? $"the verb is missing; {Allowed} are allowed."
            : $"there is no such verb; {Allowed} are allowed.";
        return fault.Length == 0;
    }

    private static string? PatternFault(Grant grant)
    {
        var (verb, pattern) = grant;
        if (pattern == "*") return null;
        if (verb is "broadcast" or "cluster" or "audit") return $"the verb {verb} takes no pattern; '{verb}' alone is allowed.";
        if (pattern.Length == 0)
            return $"the pattern behind ':' is empty; '{verb}' alone is for all names, and '{verb}:orders*' for those that begin so.";
        if (pattern.Any(char.IsControl)) return "a control character stands in the pattern; names have none.";
        // A name may have spaces within.
        if (char.IsWhiteSpace(pattern[0]) || char.IsWhiteSpace(pattern[^1]) || pattern.Split(' ').Any(IsGrantOfItsOwn))
            return "a space stands around the pattern, or another grant behind it; each grant is an item of the list.";
        if (pattern.AsSpan().IndexOfAny('{', '}') >= 0)
            return "a claim in braces is for Grants of Auth:Jwt alone; elsewhere nothing takes its place.";
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star >= 0 && star != pattern.Length - 1)
            return "'*' stands only at the end of a pattern, for all names that begin with what is before it.";
        return IsOfAudit(pattern) ? $"the stream {HubNames.AuditStream} has a verb of its own; 'audit' is allowed." : null;
    }

    private static bool IsGrantOfItsOwn(string text) =>
        text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && Verbs.Contains(text[..colon]);

    private static bool IsOfAudit(string pattern) => pattern == HubNames.AuditStream
        || (pattern[0] == '$' && pattern[^1] == '*' && HubNames.AuditStream.StartsWith(pattern[..^1], StringComparison.Ordinal));

    /// <summary>Whether this grant covers a verb on a name; a call without a name needs the pattern <c>*</c>.</summary>
    internal bool Covers(string verb, string? name)
    {
        if (Verb == "all") return Matches(name);
        return Verb == verb && Matches(name);
    }

    /// <summary>Whether this grant covers a verb on every name that begins with a prefix; null: on every name.</summary>
    internal bool CoversAll(string verb, string? prefix) =>
        (Verb == verb || Verb == "all") && (Pattern == "*" || (Pattern[^1] == '*' && Matches(prefix)));

    private bool Matches(string? name)
    {
        if (Pattern == "*") return true;
        if (name is null) return false;
        return Pattern[^1] == '*' ? name.StartsWith(Pattern[..^1], StringComparison.Ordinal) : name == Pattern;
    }

    public override string ToString() => Pattern == "*" ? Verb : $"{Verb}:{Pattern}";
}
