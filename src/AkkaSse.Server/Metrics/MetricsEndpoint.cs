namespace AkkaSse.Server.Metrics;

/// <summary><c>/metrics</c>.</summary>
internal static class MetricsEndpoint
{
    // The exporter takes any method.
    private static readonly HttpMethodMetadata s_methods = new(["GET", "HEAD"]);

    internal static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint(
        "/metrics", meterProvider: null, optionsName: null, configureBranchedPipeline: static branch => branch.Use(
            static (context, next) =>
            {
                context.Response.Headers.CacheControl = "no-store";
                return next(context);
            })).WithMetadata(s_methods);
}
