namespace AkkaSse.AspNetCore;

/// <summary>
/// Decides what a principal may do with which stream, zone and client (TGT-08). Register one in the container. Asked after the endpoint's
/// authorization policy and before anything is looked up or changed, so that a refused request leaves no state behind. Thread-safe; an
/// exception ends the request with 500.
/// </summary>
public interface IHubAuthorizer
{
    /// <summary>Answers one question.</summary>
    ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation);
}
