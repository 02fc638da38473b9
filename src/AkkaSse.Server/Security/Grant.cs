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
