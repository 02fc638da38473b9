using System.Runtime.CompilerServices;
using System.Security.Claims;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Authorization;

namespace AkkaSse.AspNetCore;

/// <summary>The options of the hub's endpoints. Read when they are mapped. Not thread-safe.</summary>
public sealed class SseHubEndpointOptions
{
    /// <summary>
    /// The authorization policy of the endpoints that open an event stream, and of managed subscriptions. Default null: none of its own.
    /// </summary>
    public string? SubscribePolicy { get; set; }

    /// <summary>The authorization policy of the endpoints that publish. Default null: none of its own.</summary>
    public string? PublishPolicy { get; set; }

    /// <summary>
    /// The authorization policy of the endpoints that list, create, inspect, clear and remove streams, and of history. Default null: none
    /// of its own.
    /// </summary>
    public string? StreamsPolicy { get; set; }

    /// <summary>
    /// The authorization policy of the endpoints that list, inspect and disconnect clients and change their streams. Default null: none of
    /// its own.
    /// </summary>
    public string? ClientsPolicy { get; set; }

    /// <summary>The authorization policy of <c>/v1/cluster</c>. Default null: none of its own.</summary>
    public string? ClusterPolicy { get; set; }

    /// <summary>
    /// Whether a request without authentication may choose its client id. Default false: everybody who knows an id could take its messages.
    /// </summary>
    public bool AllowAnonymousClientIds { get; set; }

    /// <summary>
    /// Whether only loopback <c>Host</c> values and those of <see cref="Guard"/> are served, and writes and subscriptions of pages of other
    /// origins are refused. Default false. Set it for a hub without authentication: it refuses a page that rebinds a name to the hub's
    /// address.
    /// </summary>
    public bool LoopbackOnly { get; set; }

    /// <summary>The hosts and origins that <see cref="LoopbackOnly"/> serves besides. Default: none.</summary>
    public SseHubGuardOptions Guard { get; } = new();

    /// <summary>
    /// Whether a subscriber whose <c>Accept</c> excludes <c>text/event-stream</c> is answered 406. Default false: no <c>Accept</c> is
    /// refused.
    /// </summary>
    public bool DemandAccept { get; set; }

    /// <summary>
    /// Headers of the response of every event stream. Default empty. They override the hub's own; the hub sets no CORS header.
    /// </summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The value of <c>WWW-Authenticate</c> on a 401 that the hub's own rules give. Default <c>Bearer</c>.</summary>
    public string Challenge { get; set; } = "Bearer";

    /// <summary>
    /// Whether a connection keeps a copy of its request's headers for callbacks, about 1 KB each. Default null: when an
    /// <see cref="IHubObserver"/> is registered. <c>Authorization</c>, <c>Cookie</c> and <c>Proxy-Authorization</c> are never kept.
    /// </summary>
    public bool? CaptureHeaders { get; set; }

    /// <summary>
    /// Gives the stable subject of an authenticated principal, to which registrations of client ids and idempotency keys belong. Default:
    /// the claim <c>sub</c> or the name identifier, else the identity's name.
    /// </summary>
    public Func<ClaimsPrincipal, string?> SubjectOf { get; set; } = DefaultSubjectOf;

    internal static Func<ClaimsPrincipal, string?> DefaultSubjectOf { get; } = static principal =>
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
