using AkkaSse.Protocol;

namespace AkkaSse.AspNetCore;

/// <summary>The options of the endpoints for clients of older hubs. Read when they are mapped. Not thread-safe.</summary>
public sealed class SseCompatibilityOptions
{
    /// <summary>Whether <c>GET /events?stream=</c> is served as r3labs' hub does. Default true.</summary>
    public bool R3labs { get; set; } = true;

    /// <summary>
    /// Whether <c>GET /connect?id=</c> and <c>POST /broadcast?type=&amp;id=</c> are served as davidsbond's broker does. Default true.
    /// </summary>
    public bool Davidsbond { get; set; } = true;

    /// <summary>
    /// Whether <c>GET</c> and <c>POST /automation/api/v2/events[/{subscription}]</c> are served as ctrlX does. Default true.
    /// </summary>
    public bool CtrlX { get; set; } = true;

    /// <summary>
    /// Policies, headers and rules, with the meaning that they have on the native routes. Default: the defaults of
    /// <see cref="SseHubEndpointOptions"/>. <see cref="SseHubEndpointOptions.SubscribePolicy"/> holds for the endpoints that open a stream
    /// and for managed subscriptions, <see cref="SseHubEndpointOptions.PublishPolicy"/> for <c>/broadcast</c>; the other policies have no
    /// effect here.
    /// </summary>
    public SseHubEndpointOptions Endpoints { get; } = new();

    /// <summary>
    /// Makes the first event of a connection to <c>/connect</c>, from the client's zone and id. Default null: none. The hub leaves the
    /// event's id out, because a client would send it back as its last event id. The hub calls it once per connection, from any thread.
    /// </summary>
    public Func<string, string, SseEvent>? Welcome { get; set; }

    /// <summary>
    /// The welcome of the older zone hub, for <see cref="Welcome"/>: type <c>ping</c>, data <c>zone-&gt;id Connection Successful!</c>.
    /// </summary>
    /// <param name="zone">The client's zone.</param>
    /// <param name="client">The client's id.</param>
    public static SseEvent ConnectionSuccessful(string zone, string client) =>
        new() { Type = "ping", Data = $"{zone}->{client} Connection Successful!" };
}
