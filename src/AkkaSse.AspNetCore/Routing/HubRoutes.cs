namespace AkkaSse.AspNetCore;

/// <summary>The HTTP API, row by row. Every call with a name in its path has a twin with the name in the query.</summary>
internal static class HubRoutes
{
    private static readonly string[] Read = ["GET", "HEAD"];

    public static readonly HubRoute[] All =
    [
        Stream("/v1/streams/{stream}/events", SubscribeEndpoints.ToStream),
        Stream("/v1/stream/events", SubscribeEndpoints.ToStream),
        Stream("/v1/events", SubscribeEndpoints.ToMany),

        Publish("/v1/streams/{stream}/events", PublishEndpoints.ToStream),
        Publish("/v1/clients/{client}/events", PublishEndpoints.ToClient),
        Publish("/v1/zones/{zone}/events", PublishEndpoints.ToZone),
        Publish("/v1/zones/{zone}/clients/{client}/events", PublishEndpoints.ToClientInZone),
        Publish("/v1/broadcast", PublishEndpoints.ToEveryone),
        Publish("/v1/batch", BatchEndpoint.PostAsync),
        Publish("/v1/publish", PublishEndpoints.ToTargetInQuery),

        new(EndpointGroup.Streams, "/v1/streams", Read, StreamEndpoints.List),
        .. Both(EndpointGroup.Streams, "/v1/streams/{stream}", "/v1/stream", ["PUT"], StreamEndpoints.Put),
        .. Both(EndpointGroup.Streams, "/v1/streams/{stream}", "/v1/stream", Read, StreamEndpoints.Get),
        .. Both(EndpointGroup.Streams, "/v1/streams/{stream}", "/v1/stream", ["DELETE"], StreamEndpoints.Delete),
        .. Both(EndpointGroup.Streams, "/v1/streams/{stream}/history", "/v1/stream/history", Read, HistoryEndpoint.Get),
        .. Both(EndpointGroup.Streams, "/v1/streams/{stream}/history", "/v1/stream/history", ["DELETE"], StreamEndpoints.Clear),

        new(EndpointGroup.Clients, "/v1/clients", Read, ClientEndpoints.List),
        .. Both(EndpointGroup.Clients, "/v1/clients/{client}", "/v1/client", Read, ClientEndpoints.Get),
        .. Both(EndpointGroup.Clients, "/v1/clients/{client}", "/v1/client", ["DELETE"], ClientEndpoints.Delete),
        .. Both(EndpointGroup.Clients, "/v1/clients/{client}/subscriptions", "/v1/client/subscriptions", ["PATCH"], ClientEndpoints.Patch),

        new(EndpointGroup.Subscribe, "/v1/subscriptions", ["POST"], ManagedEndpoints.Post),
        .. Both(EndpointGroup.Subscribe, "/v1/subscriptions/{id}", "/v1/subscription", Read, ManagedEndpoints.Get),
        .. Both(EndpointGroup.Subscribe, "/v1/subscriptions/{id}", "/v1/subscription", ["DELETE"], ManagedEndpoints.Delete),
        Stream("/v1/subscriptions/{id}/events", ManagedEndpoints.Events),
        Stream("/v1/subscription/events", ManagedEndpoints.Events),

        new(EndpointGroup.Cluster, "/v1/cluster", Read, ClusterEndpoint.Get),
    ];

    /// <summary>The methods of rows, for <c>Allow</c>.</summary>
    public static string Allow(IEnumerable<HubRoute> rows) =>
        string.Join(", ", rows.SelectMany(static r => r.Methods).Distinct().Order(StringComparer.Ordinal));

    private static HubRoute[] Both(EndpointGroup group, string inPath, string inQuery, string[] methods, HubHandler handler) =>
        [new(group, inPath, methods, handler), new(group, inQuery, methods, handler)];

    private static HubRoute Stream(string pattern, HubHandler handler) =>
        new(EndpointGroup.Subscribe, pattern, Read, handler) { Streaming = true };

    private static HubRoute Publish(string pattern, HubHandler handler) => new(EndpointGroup.Publish, pattern, ["POST"], handler);
}
