using System.Diagnostics.CodeAnalysis;
using AkkaSse.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the script with which pages read the hub.</summary>
public static class SseBrowserClientEndpointRouteBuilderExtensions
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Serves <c>akkasse.js</c>, the browser client (docs/browser.md): an ES module of this version, compressed where the caller takes
    /// it, with an entity tag. It has nothing to protect, and pages load it before they have signed in.
    /// </summary>
    /// <param name="endpoints">The application, or a route group of it.</param>
    /// <param name="pattern">Its route; default <c>/akkasse.js</c>.</param>
    /// <returns>A convention builder of this endpoint.</returns>
    public static IEndpointConventionBuilder MapSseBrowserClient(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern = "/akkasse.js")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        return endpoints.MapMethods(pattern, Methods, BrowserClientScript.WriteAsync)
            .WithDisplayName("AkkaSse browser client")
            .ExcludeFromDescription();
    }
}
