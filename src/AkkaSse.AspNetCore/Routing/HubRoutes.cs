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
        Publish("/v1/publish", PublishEndpoints.ToTargetInQuery),
    ];

    /// <summary>The methods of all rows that have the shape of this target, for <c>Allow</c>; null when none has.</summary>
    public static string? Allow(in RequestTarget target)
    {
        List<string>? methods = null;
        foreach (var route in All)
        {
            if (route.Matches(target)) (methods ??= []).AddRange(route.Methods);
        }
        return methods is null ? null : string.Join(", ", methods.Distinct().Order(StringComparer.Ordinal));
    }

    private static HubRoute Stream(string pattern, HubHandler handler) => new(EndpointGroup.Subscribe, pattern, Read, handler) { Streaming = true };

    private static HubRoute Publish(string pattern, HubHandler handler) => new(EndpointGroup.Publish, pattern, ["POST"], handler);
}
