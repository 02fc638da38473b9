using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>Which authorization policy of <see cref="SseHubEndpointOptions"/> an endpoint carries.</summary>
internal enum EndpointGroup
{
    Subscribe,
    Publish,
    Streams,
    Clients,
    Cluster,
}

/// <summary>Serves a request whose target has been read.</summary>
internal delegate Task HubHandler(HttpContext context, EdgeContext edge, RequestTarget target);

/// <summary>One row of the HTTP API.</summary>
/// <param name="Group">Its policy.</param>
/// <param name="Pattern">The route pattern; every segment is a literal or one parameter.</param>
/// <param name="Methods">The methods of this row; other rows may have the same pattern with others.</param>
/// <param name="Handler">Serves it.</param>
internal sealed record HubRoute(EndpointGroup Group, string Pattern, string[] Methods, HubHandler Handler)
{
    /// <summary>The pattern's segments.</summary>
    public string[] Segments { get; } = Pattern[1..].Split('/');

    /// <summary>As routing gets it: with the parameters' names of <see cref="RouteKeys"/>.</summary>
    public string RoutePattern => Pattern.Replace("{", "{" + RouteKeys.Prefix, StringComparison.Ordinal);

    /// <summary>What its calls are in the audit; null for what only lists and shows.</summary>
    public HubAuditKind? AuditKind => this switch
    {
        { Streaming: true } => HubAuditKind.Connect,
        { Group: EndpointGroup.Publish } => HubAuditKind.Publish,
        _ when Methods[0] == "GET" => Segments[^1] == "history" ? HubAuditKind.Read : null,
        { Group: EndpointGroup.Clients } when Methods[0] == "DELETE" => HubAuditKind.Disconnect,
        _ => HubAuditKind.Manage,
    };

    /// <summary>True when it opens an event stream: request timeouts do not apply to it.</summary>
    public bool Streaming { get; init; }

    /// <summary>Whether a path has this pattern's literals. Parameters match anything, the empty name too.</summary>
    public bool Matches(string[] path)
    {
        if (path.Length != Segments.Length) return false;
        for (var i = 0; i < Segments.Length; i++)
        {
            if (Segments[i][0] != '{' && !path[i].Equals(Segments[i], StringComparison.OrdinalIgnoreCase)) return false;
        }
        return true;
    }
}
