using System.Security.Claims;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace AkkaSse.AspNetCore;

/// <summary>Who asks, and whether the authorizer lets them.</summary>
internal static class AccessRules
{
    private static readonly HubFault s_noAudit = new(403, HubErrorCodes.Forbidden,
        $"The stream {HubNames.AuditStream} is for callers with a grant of its own; nobody gives grants here.");

    private static readonly ClaimsPrincipal Nobody = new(new ClaimsIdentity());

    /// <summary>
    /// The authenticated principal, or null. Reads the feature, because <see cref="HttpContext.User"/> makes a principal where there is
    /// none.
    /// </summary>
    public static ClaimsPrincipal? Principal(HttpContext context) =>
        context.Features.Get<IHttpAuthenticationFeature>()?.User is { Identity.IsAuthenticated: true } user ? user : null;

    /// <summary>The stable subject of the request's principal; null when anonymous.</summary>
    public static string? Subject(EdgeContext edge, HttpContext context) =>
        Principal(context) is { } principal ? edge.Options.SubjectOf(principal) : null;

    /// <summary>A question about this request.</summary>
    public static HubAccessRequest Ask(HttpContext context, HubAction action) =>
        new(Principal(context) ?? Nobody, action) { Context = context };

    /// <summary>Asks the authorizer, if there is one.</summary>
    /// <returns>Null when allowed.</returns>
    public static ValueTask<HubFault?> CheckAsync(EdgeContext edge, HubAccessRequest request)
    {
        var authorizer = edge.Authorizer;
        if (request.Stream != HubNames.AuditStream) return authorizer is null ? default : CheckAsync(edge, authorizer, request);
        // Whoever may read all streams may not read who else does, and where nobody is asked nobody may.
        return authorizer is null ? new(s_noAudit) : CheckAsync(edge, authorizer, request with { Action = HubAction.ReadAudit });
    }

    /// <summary>Asks the authorizer without preparing a refusal: the response's head may be out.</summary>
    public static async ValueTask<bool> IsAllowedAsync(IHubAuthorizer authorizer, HubAccessRequest request)
    {
        if (request.Stream == HubNames.AuditStream) request = request with { Action = HubAction.ReadAudit };
        return await authorizer.AuthorizeAsync(request, request.Context.RequestAborted).ConfigureAwait(false) == HubAccess.Allow;
    }

    /// <summary>Asks the authorizer, if there is one, for a list: who may not see all names is told of the prefix.</summary>
    /// <returns>Null when allowed.</returns>
    public static async ValueTask<HubFault?> CheckListAsync(EdgeContext edge, HubAccessRequest request)
    {
        var fault = await CheckAsync(edge, request).ConfigureAwait(false);
        return fault is { Status: 403 }
            ? fault with { Message = "The principal may not list these names; a 'prefix' of names that it may list is allowed." }
            : fault;
    }

    /// <summary>Whether the request may connect under this client id.</summary>
    public static async ValueTask<HubFault?> CheckClientIdAsync(EdgeContext edge, HttpContext context, string client, string zone)
    {
        var principal = Principal(context);
        if (principal is not null && edge.Options.SubjectOf(principal) == client) return null;
        if (principal is null && edge.Options.AllowAnonymousClientIds) return null;
        if (edge.Authorizer is { } authorizer)
        {
            var question = Ask(context, HubAction.ClaimClient) with { Client = client, Zone = zone };
            var answer = await authorizer.AuthorizeAsync(question, context.RequestAborted).ConfigureAwait(false);
            if (answer == HubAccess.Allow) return null;
            if (answer == HubAccess.Unauthorized) return Unauthorized(edge, context);
        }

        return new HubFault(403, HubErrorCodes.ClientIdForbidden, principal is null
            ? "A client id can be chosen only by an authenticated principal, or where anonymous client ids are allowed."
            : "The client id must be the principal's own subject, or granted to it.");
    }

    private static async ValueTask<HubFault?> CheckAsync(EdgeContext edge, IHubAuthorizer authorizer, HubAccessRequest request) =>
        await authorizer.AuthorizeAsync(request, request.Context.RequestAborted).ConfigureAwait(false) switch
        {
            HubAccess.Allow => null,
            HubAccess.Unauthorized => Unauthorized(edge, request.Context),
            _ => AccessRefusal.Of(request),
        };

    private static HubFault Unauthorized(EdgeContext edge, HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = edge.Options.Challenge;
        return new HubFault(401, HubErrorCodes.Unauthorized, "Authentication is needed.");
    }
}
