using System.Diagnostics.CodeAnalysis;
using AkkaSse.AspNetCore;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the hub's HTTP API.</summary>
public static class SseHubEndpointRouteBuilderExtensions
{
    private static readonly string[] ReadMethods = ["GET", "HEAD"];

    /// <summary>
    /// Output caching asks no header whether it may: with a base policy it would give the first reader's bytes to all others, who wait
    /// for them without a byte until that reader has left.
    /// </summary>
    internal static readonly OutputCacheAttribute NotStored = new() { NoStore = true };

    /// <summary>Maps everything under <c>/v1</c> (docs/http-api.md).</summary>
    /// <param name="endpoints">The application, or a route group of it.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>A convention builder over all of these endpoints.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddSseHub</c> was not called, or a policy is named without <c>AddAuthorization</c>, or the hub was mapped here before.
    /// </exception>
    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public static IEndpointConventionBuilder MapSseHub(
        this IEndpointRouteBuilder endpoints, Action<SseHubEndpointOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var edge = Edge(endpoints, "/v1", nameof(MapSseHub), configure);
        var group = endpoints.MapGroup("");
        foreach (var route in HubRoutes.All)
        {
            var mapped = group.MapMethods(route.RoutePattern, route.Methods, context => InvokeAsync(context, edge, route));
            mapped.WithDisplayName($"AkkaSse {string.Join(' ', route.Methods)} {route.Pattern}");
            mapped.WithMetadata(new OperationsMetadata(method => Operations.Of(route, method)), OpenAccess.Endpoint.Of(edge));
            if (route.Streaming) mapped.WithMetadata(StreamingEndpoint.Metadata);
            if (route.AuditKind is { } kind) mapped.WithSseHubAudit(kind);
            if (Policy(edge.Options, route.Group) is { } policy) mapped.WithMetadata(new AuthorizeAttribute(policy));
        }

        foreach (var root in Fallback.Roots)
        {
            group.Map(Fallback.Pattern(root), context => Fallback.InvokeAsync(context, edge, root))
                .WithDisplayName($"AkkaSse fallback {root}").WithOrder(int.MaxValue);
        }
        return group.WithMetadata(NotStored);
    }

    /// <summary>Maps one stream at a route of your own: subscribe (GET), and headers alone (HEAD).</summary>
    /// <param name="endpoints">The application, or a route group of it.</param>
    /// <param name="pattern">The route.</param>
    /// <param name="stream">The stream's name, whatever the route's parameters are.</param>
    /// <param name="configure">Sets options; those about policies besides <see cref="SseHubEndpointOptions.SubscribePolicy"/> have no
    /// meaning here.</param>
    /// <returns>A convention builder over the endpoint, for <c>RequireAuthorization()</c> and the like.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddSseHub</c> was not called, or a policy is named without <c>AddAuthorization</c>, or this route was mapped here before.
    /// </exception>
    /// <exception cref="ArgumentException">The name or the options are invalid.</exception>
    public static IEndpointConventionBuilder MapSseStream(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        string stream,
        Action<SseHubEndpointOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        if (HubNames.Check(stream) is { } fault) throw new ArgumentException(fault, nameof(stream));
        var edge = Edge(endpoints, pattern, nameof(MapSseStream), configure);
        var mapped = endpoints.MapMethods(pattern, ReadMethods, context => InvokeStreamAsync(context, edge, stream));
        mapped.WithDisplayName($"AkkaSse stream {pattern}").WithMetadata([.. StreamingEndpoint.Metadata, NotStored]);
        mapped.WithMetadata(new OperationsMetadata(static _ => Operations.ReadStream), OpenAccess.Endpoint.Of(edge));
        mapped.WithSseHubAudit(HubAuditKind.Connect);
        if (edge.Options.SubscribePolicy is { } policy) mapped.WithMetadata(new AuthorizeAttribute(policy));
        return mapped;
    }

    private static Task InvokeAsync(HttpContext context, EdgeContext edge, HubRoute route)
    {
        if (edge.Guard?.Check(context.Request) is { } refused) return edge.RefuseAsync(context, refused);
        return RequestTarget.Read(context, out var target) is { } fault
            ? edge.RefuseAsync(context, fault)
            : route.Handler(context, edge, target);
    }

    private static Task InvokeStreamAsync(HttpContext context, EdgeContext edge, string stream)
    {
        if (edge.Guard?.Check(context.Request) is { } refused) return edge.RefuseAsync(context, refused);
        return RequestTarget.Read(context, out var target) is { } fault
            ? edge.RefuseAsync(context, fault)
            : SubscribeEndpoints.ToStream(context, edge, target, stream);
    }

    private static EdgeContext Edge(IEndpointRouteBuilder endpoints, string what, string call, Action<SseHubEndpointOptions>? configure)
    {
        var services = endpoints.ServiceProvider;
        var mappings = services.GetService<HubMappings>() ?? throw new InvalidOperationException(
            $"{call} needs the hub's services. Call builder.Services.AddSseHub() before the application is built.");
        var options = new SseHubEndpointOptions();
        configure?.Invoke(options);
        var faults = options.Validate().ToList();
        if (faults.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(configure));
        options.CheckPolicies(services, call);
        mappings.Add(endpoints, what, call);
        return new EdgeContext(services, options);
    }

    private static string? Policy(SseHubEndpointOptions options, EndpointGroup group) => group switch
    {
        EndpointGroup.Subscribe => options.SubscribePolicy,
        EndpointGroup.Publish => options.PublishPolicy,
        EndpointGroup.Streams => options.StreamsPolicy,
        EndpointGroup.Clients => options.ClientsPolicy,
        EndpointGroup.Cluster => options.ClusterPolicy,
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "The group has no policy."),
    };
}
