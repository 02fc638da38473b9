using AkkaSse.Protocol;

namespace AkkaSse.AspNetCore;

/// <summary>The options of the edges that clients of older hubs can use unchanged. Read when they are mapped.</summary>
public sealed class SseCompatibilityOptions
{
    /// <summary>Serve <c>GET /events?stream=</c> as r3labs' hub does. Default true.</summary>
    public bool R3labs { get; set; } = true;

    /// <summary>Serve <c>GET /connect?id=</c> and <c>POST /broadcast?type=&amp;id=</c> as davidsbond's broker does. Default true.</summary>
    public bool Davidsbond { get; set; } = true;

    /// <summary>Serve <c>GET</c> and <c>POST /automation/api/v2/events[/{subscription}]</c> as ctrlX does. Default true.</summary>
    public bool CtrlX { get; set; } = true;

    /// <summary>
    /// Policies, headers and rules, with the meaning they have on the native routes: <see cref="SseHubEndpointOptions.SubscribePolicy"/> for everything that opens a
    /// stream and for managed subscriptions, <see cref="SseHubEndpointOptions.PublishPolicy"/> for <c>/broadcast</c>. The other policies have no meaning here.
    /// </summary>
    public SseHubEndpointOptions Endpoints { get; } = new();

    /// <summary>
    /// Makes the event that is first on a connection of <c>/connect</c>, from the client's zone and id; null, the default, for none. Its id is left out: a client
    /// would send it back as its last event id. Called once per connection, from any thread.
    /// </summary>
    public Func<string, string, SseEvent>? Welcome { get; set; }

    /// <summary>The welcome of the older zone hub, for <see cref="Welcome"/>: type <c>ping</c>, data <c>zone-&gt;id Connection Successful!</c>.</summary>
    /// <param name="zone">The client's zone.</param>
    /// <param name="client">The client's id.</param>
    public static SseEvent ConnectionSuccessful(string zone, string client) => new() { Type = "ping", Data = $"{zone}->{client} Connection Successful!" };
}
