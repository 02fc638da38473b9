using AkkaSse.AspNetCore;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the edges that clients of older hubs can use unchanged (docs/compatibility.md).</summary>
public static class SseCompatibilityEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps <c>GET /events</c> (r3labs), <c>GET /connect</c> and <c>POST /broadcast</c> (davidsbond), <c>GET</c> and <c>POST
    /// /automation/api/v2/events[/{subscription}]</c> (ctrlX), each as far as it is switched on. Errors are plain text with the older hubs'
    /// words.
    /// </summary>
    /// <param name="endpoints">The application, or a route group of it.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>A convention builder over all of these endpoints.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddSseHub</c> was not called, or a policy is named without <c>AddAuthorization</c>, or these edges were mapped here before.
    /// </exception>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public static IEndpointConventionBuilder MapSseCompatibilityEndpoints(
        this IEndpointRouteBuilder endpoints, Action<SseCompatibilityOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        var mappings = services.GetService<HubMappings>() ?? throw new InvalidOperationException(
            $"{nameof(MapSseCompatibilityEndpoints)} needs the hub's services. Call builder.Services.AddSseHub() before the application " +
            "is built.");
        var options = new SseCompatibilityOptions();
        configure?.Invoke(options);
        var faults = options.Endpoints.Validate().ToList();
        if (faults.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(configure));
        options.Endpoints.CheckPolicies(services, nameof(MapSseCompatibilityEndpoints));
        mappings.Add(endpoints, "compatibility endpoints", nameof(MapSseCompatibilityEndpoints));

        var shared = new CompatibilityContext(new EdgeContext(services, options.Endpoints), options, services);
        var group = endpoints.MapGroup("");
        var routes = CompatibilityRoutes.Of(shared);
        foreach (var route in routes)
        {
            var mapped = group.MapMethods(route.RoutePattern, route.Methods, context => InvokeAsync(context, shared, route));
            mapped.WithDisplayName($"AkkaSse {string.Join(' ', route.Methods)} {route.Pattern}");
            mapped.WithMetadata(OpenAccess.Endpoint.Of(shared.Edge));
            if (route.Streaming) mapped.WithMetadata(StreamingEndpoint.Metadata);
            if (route.AuditKind is { } kind) mapped.WithSseHubAudit(kind);
            var policy = route.Group == EndpointGroup.Publish ? options.Endpoints.PublishPolicy : options.Endpoints.SubscribePolicy;
            if (policy is not null) mapped.WithMetadata(new AuthorizeAttribute(policy));
        }

        foreach (var pattern in routes.GroupBy(static r => r.RoutePattern))
        {
            var allow = string.Join(", ", pattern.SelectMany(static r => r.Methods).Order(StringComparer.Ordinal));
            group.Map(pattern.Key, context => shared.RefuseAsync(context, NotAllowed(allow))).WithDisplayName($"AkkaSse 405 {pattern.Key}")
                .WithOrder(int.MaxValue);
        }
        return group.WithMetadata(SseHubEndpointRouteBuilderExtensions.NotStored);
    }

    private static HubFault NotAllowed(string allow) =>
        new(405, HubErrorCodes.MethodNotAllowed,
            $"The method is not allowed here; {allow} {(allow.Contains(',', StringComparison.Ordinal) ? "are" : "is")}.") { Allow = allow };

    private static Task InvokeAsync(HttpContext context, CompatibilityContext shared, HubRoute route)
    {
        if (shared.Edge.Guard?.Check(context.Request) is { } refused) return shared.RefuseAsync(context, refused);
        return RequestTarget.Read(context, out var target) is { } fault
            ? shared.RefuseAsync(context, fault)
            : route.Handler(context, shared.Edge, target);
    }
}
