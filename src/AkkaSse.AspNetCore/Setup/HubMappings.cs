using Microsoft.AspNetCore.Routing;

namespace AkkaSse.AspNetCore;

/// <summary>
/// What was mapped where, so that a second mapping of the same is a startup exception and not an ambiguity on the first request.
/// </summary>
internal sealed class HubMappings
{
    private readonly HashSet<(IEndpointRouteBuilder, string)> _mapped = [];

    /// <summary>Whether <c>UseSseHubGuard</c> was called.</summary>
    public bool IsGuarded { get; set; }

    public void Add(IEndpointRouteBuilder endpoints, string what, string call)
    {
        lock (_mapped)
        {
            if (!_mapped.Add((endpoints, what))) throw new InvalidOperationException(
                $"{call} was called twice on the same endpoints for '{what}'; each can be mapped once.");
        }
    }
}
