namespace AkkaSse.Server.Security.Tokens;

/// <summary>The table of tokens that holds now. Thread-safe.</summary>
internal sealed class TokenStore(TokenTable first)
{
    private volatile TokenTable _current = first;

    internal TokenTable Current => _current;

    /// <summary>Called after the table has become another one.</summary>
    internal event Action? Changed;

    /// <summary>Puts a table in the place of the present one; false when it is the same.</summary>
    internal bool Replace(TokenTable next)
    {
        if (next.Content == _current.Content) return false;
        _current = next;
        Changed?.Invoke();
        return true;
    }
}
