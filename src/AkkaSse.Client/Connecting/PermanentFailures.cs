namespace AkkaSse.Client;

/// <summary>Which failures end a subscription for good instead of leading to another attempt.</summary>
public enum PermanentFailures
{
    /// <summary>
    /// 204, 4xx except 408, 425 and 429, any other status below 500 that is not 200, and a wrong content type. 5xx are tried again.
    /// </summary>
    Standard,

    /// <summary>
    /// As browsers do (WHATWG HTML section 9.2.3): any status but 200, and a wrong content type. A lost connection is always tried again.
    /// </summary>
    Browser,

    /// <summary>None: everything is tried again.</summary>
    None,
}
