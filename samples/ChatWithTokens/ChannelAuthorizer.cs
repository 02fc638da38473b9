using AkkaSse.AspNetCore;

namespace ChatWithTokens;

/// <summary>Members read their channels, with the history. Everything else of the hub's HTTP API is forbidden.</summary>
internal sealed class ChannelAuthorizer : IHubAuthorizer
{
    public ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation) =>
        ValueTask.FromResult(IsAllowed(request) ? HubAccess.Allow : HubAccess.Forbidden);

    private static bool IsAllowed(in HubAccessRequest request) => request.Action switch
    {
        HubAction.Subscribe when request.Stream is { } channel => Users.MayRead(request.Principal, channel),
        // Every connection also reads its zone and the broadcasts, to which this application publishes nothing.
        HubAction.Subscribe => true,
        HubAction.ReadHistory => request.Stream is { } channel && Users.MayRead(request.Principal, channel),
        // ClaimClient is asked for a client id that is not the user's own name.
        _ => false,
    };
}
