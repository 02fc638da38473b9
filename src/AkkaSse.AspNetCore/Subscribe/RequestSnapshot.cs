using System.Security.Claims;
using System.Text;
using AkkaSse.Hub;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AkkaSse.AspNetCore;

/// <summary>What a connection keeps of its request for callbacks and lists, without secrets.</summary>
internal static class RequestSnapshot
{
    private static readonly string[] s_secretParameters = ["access_token", "ticket"];

    private static readonly HashSet<string> Secret =
        new(StringComparer.OrdinalIgnoreCase) { "Authorization", "Cookie", "Proxy-Authorization" };

    /// <summary>
    /// The path and query; the values of <c>access_token</c> and <c>ticket</c> are replaced, because lists show this text.
    /// </summary>
    public static string Url(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(raw)) raw = context.Request.Path + context.Request.QueryString;
        return StringPool.Targets.Of(WithoutSecrets(raw));
    }

    /// <summary>When the credential of the request ends, as its authentication says; null for never.</summary>
    public static DateTimeOffset? CredentialExpires(HttpContext context) =>
        context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;

    // Names as the query's reader takes them: decoded, and in any case.
    private static string WithoutSecrets(string raw)
    {
        var at = raw.IndexOf('?', StringComparison.Ordinal) + 1;
        if (at == 0) return raw;
        StringBuilder? shown = null;
        var copied = 0;
        while (at < raw.Length)
        {
            var end = raw.IndexOf('&', at) is >= 0 and var next ? next : raw.Length;
            var equals = raw.IndexOf('=', at, end - at);
            if (equals >= 0 && IsSecret(raw.AsSpan(at, equals - at)))
            {
                (shown ??= new StringBuilder(raw.Length)).Append(raw, copied, equals + 1 - copied).Append('-');
                copied = end;
            }
            at = end + 1;
        }
        return shown is null ? raw : shown.Append(raw, copied, raw.Length - copied).ToString();
    }

    private static bool IsSecret(ReadOnlySpan<char> name)
    {
        if (name.Contains('%')) name = Uri.UnescapeDataString(name);
        foreach (var secret in s_secretParameters)
        {
            if (name.Equals(secret, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
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
