namespace AkkaSse.AspNetCore;

/// <summary>The answer of an authorizer.</summary>
public enum HubAccess
{
    /// <summary>Go on.</summary>
    Allow,

    /// <summary>401: authentication is needed.</summary>
    Unauthorized,

    /// <summary>403.</summary>
    Forbidden,
}
