using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace AkkaSse.AspNetCore;

/// <summary>One question to an authorizer. Names are decoded and valid.</summary>
/// <param name="Principal">The request's user; not authenticated when nobody is.</param>
/// <param name="Action">What it wants to do.</param>
public readonly record struct HubAccessRequest(ClaimsPrincipal Principal, HubAction Action)
{
    /// <summary>The stream, or null.</summary>
    public string? Stream { get; init; }

    /// <summary>
    /// What the names of a list begin with: those of streams with <see cref="HubAction.ListStreams"/>, client ids with
    /// <see cref="HubAction.ListClients"/>; null for all.
    /// </summary>
    public string? Prefix { get; init; }

    /// <summary>The zone, or null; with <see cref="Client"/>, the zone of the client (null: wherever it is).</summary>
    public string? Zone { get; init; }

    /// <summary>The client id, or null.</summary>
    public string? Client { get; init; }

    /// <summary>The managed subscription's id, or null.</summary>
    public string? Subscription { get; init; }

    /// <summary>True when the broadcasts are meant.</summary>
    public bool Broadcast { get; init; }

    /// <summary>
    /// True when the request was authenticated some time ago, and goes on: later items of a batch whose body is still coming. Whether the
    /// principal's credential still holds is then part of the question.
    /// </summary>
    public bool IsUnderWay { get; init; }

    /// <summary>The request.</summary>
    public required HttpContext Context { get; init; }
}
