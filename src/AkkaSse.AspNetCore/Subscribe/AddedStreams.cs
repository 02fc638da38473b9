using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Asks the authorizer whether a client may read the streams that were added to it before it came again: what it may do can be less by now.
/// For one connection.
/// </summary>
internal sealed class AddedStreams
{
    private readonly EdgeContext _edge;
    private readonly IHubAuthorizer _authorizer;

    // Null once nothing is asked any more: the connection keeps this object, and must not keep its request.
    private HttpContext? _context;

    private AddedStreams(HttpContext context, EdgeContext edge, IHubAuthorizer authorizer) =>
        (_context, _edge, _authorizer) = (context, edge, authorizer);

    /// <summary>The rule for a connection; null where nothing can have been added to it, or nobody is to be asked.</summary>
    public static Func<string, ValueTask<bool>>? RuleFor(HttpContext context, EdgeContext edge, in EdgeSubscription what) =>
        edge.Authorizer is { } authorizer && what is { ClientId: not null, Ids: WireIds.Token }
            ? new AddedStreams(context, edge, authorizer).MayReadAsync
            : null;

    /// <summary>Whether a request is needed for answers after its head has gone out.</summary>
    public static bool AreAsked(IFeatureCollection features) => features.Get<AddedStreams>() is not null;

    /// <summary>Asks the hub whether the connection may run, which asks this rule.</summary>
    public async ValueTask<Admission> ConnectAsync(HttpContext context, SubscribeRequest request)
    {
        var isWaiting = false;
        try
        {
            var admission = await _edge.Edge.ConnectAsync(request, context.RequestAborted).ConfigureAwait(false);
            isWaiting = admission.IsWaiting;
            return admission;
        }
        finally
        {
            // One that waits for its engine may be asked about at any time: then the request lives as long as the connection.
            if (isWaiting) context.Features.Set(this);
            else _context = null;
        }
    }

    private ValueTask<bool> MayReadAsync(string stream) =>
        _context is { } context
            ? AccessRules.IsAllowedAsync(_authorizer, AccessRules.Ask(context, HubAction.Subscribe) with { Stream = stream })
            : new(false);
}
