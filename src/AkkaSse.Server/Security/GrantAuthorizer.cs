using System.Security.Claims;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using AkkaSse.Server.Security.Sessions;
using Microsoft.AspNetCore.Authentication;

namespace AkkaSse.Server.Security;

/// <summary>Answers the edge's questions from the caller's grants. Thread-safe.</summary>
/// <param name="revocations">Asked of requests that go on after they were authenticated.</param>
/// <param name="time">The clock.</param>
internal sealed class GrantAuthorizer(Revocations revocations, TimeProvider time) : IHubAuthorizer
{
    public ValueTask<HubAccess> AuthorizeAsync(HubAccessRequest request, CancellationToken cancellation)
    {
        if (request.Principal.Identity?.IsAuthenticated != true) return ValueTask.FromResult(HubAccess.Unauthorized);
        if (request.IsUnderWay && !Holds(request)) return ValueTask.FromResult(HubAccess.Unauthorized);
        return ValueTask.FromResult(IsGranted(request) ? HubAccess.Allow : HubAccess.Forbidden);
    }

    private bool Holds(in HubAccessRequest request) =>
        !revocations.IsRevoked(request.Principal) && !revocations.IsRemoved(request.Principal)
        && !(request.Context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc <= time.GetUtcNow());

    private static bool IsGranted(in HubAccessRequest request) => request.Action switch
    {
        HubAction.Subscribe => MaySubscribe(request),
        HubAction.Publish => MayPublish(request),
        HubAction.ClaimClient => request.Principal.May("client", request.Client),
        HubAction.ListStreams =>
            request.Principal.MayList("subscribe", request.Prefix) || request.Principal.MayList("manage", request.Prefix),
        HubAction.InspectStream or HubAction.ReadHistory =>
            request.Principal.May("subscribe", request.Stream) || request.Principal.May("manage", request.Stream),
        HubAction.CreateStream or HubAction.RemoveStream or HubAction.ClearStream => request.Principal.May("manage", request.Stream),
        HubAction.ListClients => request.Principal.MayList("clients", request.Prefix),
        HubAction.InspectClient or HubAction.DisconnectClient or HubAction.ChangeSubscriptions =>
            request.Principal.May("clients", request.Client),
        // Its streams are asked for one by one.
        HubAction.ManageSubscription => MaySubscribeAtAll(request.Principal),
        HubAction.InspectCluster => request.Principal.May("cluster"),
        HubAction.ReadAudit => request.Principal.May("audit"),
        _ => false,
    };

    // Every reader is in the zone "default" unless it says otherwise, and hears broadcasts: to require a grant of its own for either would
    // only mean that nobody can be given a stream alone.
    private static bool MaySubscribe(in HubAccessRequest request)
    {
        if (request.Stream is not null) return request.Principal.May("subscribe", request.Stream);
        if (request.Zone is not null and not HubNames.DefaultZone) return request.Principal.May("zone", request.Zone);
        return MaySubscribeAtAll(request.Principal);
    }

    private static bool MayPublish(in HubAccessRequest request)
    {
        if (request.Stream is not null) return request.Principal.May("publish", request.Stream);
        if (request.Client is not null) return request.Principal.May("send", request.Client);
        return request.Zone is not null ? request.Principal.May("notify", request.Zone) : request.Broadcast
            && request.Principal.May("broadcast");
    }

    private static bool MaySubscribeAtAll(ClaimsPrincipal principal) =>
        principal.FindAll(Grant.ClaimType)
            .Any(c => Grant.TryParse(c.Value, out var grant) && grant.Verb is "subscribe" or "zone" or "client" or "all");
}
