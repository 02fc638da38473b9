using AkkaSse.Hub;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>
/// Decides how much may be asked of the hub. Register one in the container (<c>UseQuota</c>); without one nothing is limited. Asked after
/// authorization and before anything is changed: what it refuses (429 <c>limit-reached</c>) has changed nothing, and what is open stays
/// open. Thread-safe. Publishes wait for it, so it must not block; an exception ends the request with 500.
/// </summary>
public interface IHubQuota
{
    /// <summary>
    /// Takes events for one target: those of a publish, of an item of a batch, or of the compatibility endpoints. A refusal takes nothing.
    /// </summary>
    /// <param name="request">Who publishes to what; the action is <see cref="HubAction.Publish"/>.</param>
    /// <param name="events">
    /// At least 1. More than 1 for neighbours of a batch that share an <c>Idempotency-Key</c>: they are published or refused together.
    /// </param>
    /// <param name="bytes">Bytes of the body, or of the items as they stand in the body of a batch. At least 0.</param>
    HubQuotaAnswer AcquirePublish(in HubAccessRequest request, int events, long bytes);

    /// <summary>
    /// Takes one event stream that is about to be opened, native or compatible, or a managed subscription that is about to be made or
    /// changed. A refusal takes nothing.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="request">Who reads what; a managed subscription's streams are among it.</param>
    HubQuotaAnswer AcquireConnect(HttpContext context, SubscribeRequest request);
}
