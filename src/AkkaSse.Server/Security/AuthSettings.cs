namespace AkkaSse.Server.Security;

/// <summary>Who may call, section <c>Auth</c>. Empty: nobody has to authenticate, and only loopback is served.</summary>
internal sealed class AuthSettings
{
    internal const string Section = "Auth";

    /// <summary>The tokens that are accepted as <c>Authorization: Bearer …</c>. Default empty: nobody has to authenticate.</summary>
    public List<TokenSettings> Tokens { get; set; } = [];
}

/// <summary>One accepted token.</summary>
internal sealed class TokenSettings
{
    /// <summary>
    /// The secret, at least 16 printable ASCII characters. Default null: it is in <see cref="TokenFile"/>. Exactly one of the two is
    /// needed.
    /// </summary>
    public string? Token { get; set; }

    /// <summary>
    /// The path of a file with the secret. Default null: <see cref="Token"/> has it. White space around the secret does not count.
    /// </summary>
    public string? TokenFile { get; set; }

    /// <summary>
    /// The name of the caller, to whom client ids, subscriptions and idempotency keys belong. Default null, which is a fault.
    /// </summary>
    public string? Subject { get; set; }

    /// <summary>The grants of the caller, see <see cref="Grant"/>. Default empty, which is a fault.</summary>
    public List<string> Grants { get; set; } = [];
}
