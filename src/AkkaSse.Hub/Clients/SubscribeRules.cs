namespace AkkaSse.Hub.Clients;

/// <summary>Decides whether a request to connect is one that the hub understands. Pure.</summary>
internal static class SubscribeRules
{
    /// <summary>Null when the request is fine, else what is wrong and what is allowed.</summary>
    internal static string? Check(SubscribeRequest request, HubOptions options) =>
        CheckCounts(request, options) ?? CheckNames(request, options) ?? CheckClient(request);

    private static string? CheckCounts(SubscribeRequest request, HubOptions options)
    {
        var isManaged = request.ManagedSubscription is not null;
        var (streams, zones) = (request.Streams.Count, request.ListenZones.Count);
        if (streams == 0 && request.Zone is null && zones == 0 && !request.Broadcast && !isManaged)
            return "At least one stream, zone or client is needed.";
        if (isManaged) return null;
        var max = request.Ids == WireIds.Token ? options.MaxStreamsPerConnection : 1;
        if (streams > max) return $"{streams} streams are asked for; at most {max} are allowed on this connection.";
        max = options.MaxStreamsPerConnection;
        return streams + zones > max
            ? $"{streams} streams and {zones} zones are asked for; at most {max} together are allowed on one connection."
            : null;
    }

    private static string? CheckNames(SubscribeRequest request, HubOptions options)
    {
        foreach (var (stream, _) in request.Streams)
        {
            if (options.CheckReadableName(stream) is { } fault) return fault;
        }
        foreach (var zone in request.ListenZones)
        {
            if (HubNames.Check(zone) is { } fault) return fault;
        }
        return request.Zone is { } home ? HubNames.Check(home) : null;
    }

    private static string? CheckClient(SubscribeRequest request)
    {
        if (request.ClientId is { } id)
        {
            if (HubNames.Check(id) is { } fault) return fault;
            if (id[0] == '~') return "Client ids beginning with '~' are made by the server.";
            if (request.Zone is null) return "A client id needs a zone.";
        }
        if (request.Welcome is { } welcome && !welcome.Span.EndsWith("\n\n"u8)) return "The welcome does not end in a blank line.";
        return request.Instance is { } instance ? HubNames.Check(instance) : null;
    }
}
