using System.Security.Claims;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>What a connection keeps of its request for callbacks and lists, without secrets.</summary>
internal static class RequestSnapshot
{
    private static readonly string[] s_secretParameters = ["access_token=", "ticket="];

    private static readonly HashSet<string> Secret =
        new(StringComparer.OrdinalIgnoreCase) { "Authorization", "Cookie", "Proxy-Authorization" };

    /// <summary>
    /// The path and query; the values of <c>access_token</c> and <c>ticket</c> are replaced, because lists show this text.
    /// </summary>
    public static string Url(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(raw)) raw = context.Request.Path + context.Request.QueryString;
        foreach (var parameter in s_secretParameters) raw = Without(parameter, raw);
        return StringPool.Targets.Of(raw);
    }

    /// <summary>When the credential of the request ends, as its authentication says; null for never.</summary>
    public static DateTimeOffset? CredentialExpires(HttpContext context) =>
        context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;

    private static string Without(string parameter, string raw)
    {
        var start = raw.IndexOf('?', StringComparison.Ordinal);
        while (start >= 0 && (start = raw.IndexOf(parameter, start, StringComparison.OrdinalIgnoreCase)) >= 0)
        {
            var value = start + parameter.Length;
            var end = raw.IndexOf('&', value);
            if (raw[start - 1] is '?' or '&') raw = string.Concat(raw.AsSpan(0, value), "-", end < 0 ? "" : raw.AsSpan(end));
            start = value;
        }
        return raw;
    }

    /// <summary>The headers but those that authenticate.</summary>
    public static IReadOnlyDictionary<string, string> Headers(HttpRequest request)
    {
        var headers = new Dictionary<string, string>(request.Headers.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in request.Headers)
        {
            if (!Secret.Contains(name)) headers[name] = value.ToString();
        }
        return headers;
    }

    /// <summary>
    /// What limits per caller count by: the subject where there is one, else the remote address (an IPv4 address mapped into IPv6 is the
    /// IPv4 one).
    /// </summary>
    public static string? LimitKey(IHubEdge edge, string? subject, string? remote) =>
        edge.Options.MaxConnectionsPerKey is null ? null : subject is not null ? "subject:" + subject : "remote:" + remote;

    public static string? Remote(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        return (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString() is { } text
            ? StringPool.Addresses.Of(text)
            : null;
    }

    public static (ClaimsPrincipal? Principal, string? Subject) Who(HttpContext context, EdgeContext edge)
    {
        var principal = AccessRules.Principal(context);
        return (principal, principal is null ? null : edge.Options.SubjectOf(principal));
    }
}
