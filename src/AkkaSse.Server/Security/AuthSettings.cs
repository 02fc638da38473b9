namespace AkkaSse.Server.Security;

/// <summary>Who may call, section <c>Auth</c>. Empty: nobody has to authenticate, and only loopback is served.</summary>
internal sealed class AuthSettings
{
    internal const string Section = "Auth";

    /// <summary>The tokens that are accepted as <c>Authorization: Bearer …</c>.</summary>
    public List<TokenSettings> Tokens { get; set; } = [];
}

/// <summary>One accepted token.</summary>
internal sealed class TokenSettings
{
    /// <summary>The secret itself, at least 16 printable ASCII characters. Exactly one of this and <see cref="TokenFile"/>.</summary>
    public string? Token { get; set; }

    /// <summary>A file that holds the secret; outer white space is cut off.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Who the caller is then: the owner of client ids, subscriptions and idempotency keys.</summary>
    public string? Subject { get; set; }

    /// <summary>What the caller may do, see Grant.</summary>
    public List<string> Grants { get; set; } = [];
}
