using System.Runtime.CompilerServices;
using System.Security.Claims;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Authorization;

namespace AkkaSse.AspNetCore;

/// <summary>The options of the hub's endpoints. Read when they are mapped.</summary>
public sealed class SseHubEndpointOptions
{
    /// <summary>
    /// Authorization policy of everything that opens an event stream, and of managed subscriptions; null for none of its own.
    /// </summary>
    public string? SubscribePolicy { get; set; }

    /// <summary>Authorization policy of everything that publishes; null for none of its own.</summary>
    public string? PublishPolicy { get; set; }

    /// <summary>
    /// Authorization policy of listing, creating, inspecting, clearing and removing streams, and of history; null for none of its own.
    /// </summary>
    public string? StreamsPolicy { get; set; }

    /// <summary>
    /// Authorization policy of listing, inspecting, disconnecting clients and of changing their streams; null for none of its own.
    /// </summary>
    public string? ClientsPolicy { get; set; }

    /// <summary>Authorization policy of <c>/v1/cluster</c>; null for none of its own.</summary>
    public string? ClusterPolicy { get; set; }

    /// <summary>
    /// Whether a request without authentication may choose its client id. Default false: whoever knows an id could take its messages.
    /// </summary>
    public bool AllowAnonymousClientIds { get; set; }

    /// <summary>
    /// For a hub without authentication: only loopback <c>Host</c> values and those of <see cref="Guard"/> are served (a page that rebinds a
    /// name to the hub's address is refused), and writes that a page of another origin sends are refused. Default false.
    /// </summary>
    public bool LoopbackOnly { get; set; }

    /// <summary>What <see cref="LoopbackOnly"/> lets through besides.</summary>
    public SseHubGuardOptions Guard { get; } = new();

    /// <summary>
    /// Answer 406 to a subscriber whose <c>Accept</c> excludes <c>text/event-stream</c> (HTTP-12). Default false: no <c>Accept</c> is
    /// demanded.
    /// </summary>
    public bool DemandAccept { get; set; }

    /// <summary>Response headers of every event stream; they override the hub's own (HTTP-02). No CORS header is set by default.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The value of <c>WWW-Authenticate</c> on a 401 that the hub's own rules give. Default <c>Bearer</c>.</summary>
    public string Challenge { get; set; } = "Bearer";

    /// <summary>
    /// Whether connections keep a snapshot of their request's headers for callbacks (about 1 KB each); <c>Authorization</c>, <c>Cookie</c>
    /// and <c>Proxy-Authorization</c> are never kept. Null, the default: when an <see cref="IHubObserver"/> is registered.
    /// </summary>
    public bool? CaptureHeaders { get; set; }

    /// <summary>
    /// The stable subject of an authenticated principal: the scope of its claims and idempotency keys. Default: the claim <c>sub</c> or the
    /// name identifier, else the identity's name.
    /// </summary>
    public Func<ClaimsPrincipal, string?> SubjectOf { get; set; } = static principal =>
        principal.FindFirst("sub")?.Value ?? principal.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? principal.Identity?.Name;

    /// <summary>An endpoint with a policy answers every request 500 where nothing knows policies.</summary>
    /// <exception cref="InvalidOperationException">A policy is named, and the application has no authorization.</exception>
    internal void CheckPolicies(IServiceProvider services, string call)
    {
        var named = Named(SubscribePolicy) ?? Named(PublishPolicy) ?? Named(StreamsPolicy) ?? Named(ClientsPolicy) ?? Named(ClusterPolicy);
        if (named is null || services.GetService(typeof(IAuthorizationPolicyProvider)) is not null) return;
        throw new InvalidOperationException(
            $"{call}: {named}, but the application has no authorization. Call builder.Services.AddAuthorization(…) with that policy before "
            + "the application is built.");

        static string? Named(string? policy, [CallerArgumentExpression(nameof(policy))] string property = "") =>
            policy is null ? null : $"{property} is '{policy}'";
    }

    internal IEnumerable<string> Validate()
    {
        foreach (var (name, value) in Headers)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny(" \r\n\0:"))
                yield return $"{nameof(Headers)} contains '{name}', which is no header name.";
            if (value is null || value.AsSpan().ContainsAny("\r\n\0")) yield return $"{nameof(Headers)}['{name}'] contains CR, LF or NUL.";
        }
        foreach (var fault in Guard.Validate()) yield return $"{nameof(Guard)}.{fault}";
        if (SubjectOf is null) yield return $"{nameof(SubjectOf)} is null.";
        if (string.IsNullOrWhiteSpace(Challenge)) yield return $"{nameof(Challenge)} is empty.";
    }
}
