namespace AkkaSse.AspNetCore;

/// <summary>
/// A feature of a request whose entry of the audit is not made yet: says what the answer does not. Absent while nothing is noted. For the
/// thread of the request.
/// </summary>
public interface IHubAuditFeature
{
    /// <summary>Says whom the call is about (<see cref="HubAuditEntry.Target"/>).</summary>
    void SetTarget(string target);

    /// <summary>Says how a call is refused whose answer has another status, or no error code. The first word counts.</summary>
    /// <param name="status">400 to 599.</param>
    /// <param name="code">One of <see cref="HubErrorCodes"/>.</param>
    void Refuse(int status, string code);
}
